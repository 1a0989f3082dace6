package compat.agent;

import java.lang.instrument.Instrumentation;
import java.lang.reflect.InvocationTargetException;
import java.util.HashSet;
import java.util.Set;

/**
 * Starts the Jolokia agent that a release brings along, and waits until it is up. By itself it starts in a thread of its own:
 * while that one and the node load the same class, each through Quasar's agent, both may wait for each other for ever.
 */
public final class JolokiaInOrder {
    private static final String JOLOKIA = "org.jolokia.jvmagent.JvmAgent";

    private JolokiaInOrder() {}

    /** Called by the JVM before the next agent is loaded; the options are Jolokia's own. */
    public static void premain(String options, Instrumentation instrumentation) throws Throwable {
        Set<Thread> before = threads();
        Class<?> agent = Class.forName(JOLOKIA, true, ClassLoader.getSystemClassLoader());
        try {
            // What is meant for a JVM that runs already loads all that it needs now, not with the first request.
            agent.getMethod("agentmain", String.class, Instrumentation.class).invoke(null, options, instrumentation);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
        Set<Thread> started = threads();
        started.removeAll(before);
        for (Thread thread : started) {
            // Its starter, an inner class of the agent's, ends when it is up or has said why not; its server's threads stay.
            if (thread.getClass().getName().startsWith(JOLOKIA)) thread.join();
        }
    }

    private static Set<Thread> threads() {
        return new HashSet<>(Thread.getAllStackTraces().keySet());
    }
}
