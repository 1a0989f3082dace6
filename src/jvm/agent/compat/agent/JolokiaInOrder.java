package compat.agent;

import java.lang.instrument.Instrumentation;
import java.lang.reflect.InvocationTargetException;

/**
 * Starts the Jolokia agent that a release brings along, in the thread that starts the JVM. By itself it starts in a thread of its own:
 * while that one and the node load the same class, each through Quasar's agent, both may wait for each other for ever.
 */
public final class JolokiaInOrder {
    private static final String JOLOKIA = "org.jolokia.jvmagent.JvmAgent";

    private JolokiaInOrder() {}

    /** Called by the JVM before the node's main class is loaded; the options are Jolokia's own. */
    public static void premain(String options, Instrumentation instrumentation) throws Throwable {
        Class<?> agent = Class.forName(JOLOKIA, true, ClassLoader.getSystemClassLoader());
        try {
            // What is meant for a JVM that runs already waits until the agent is up.
            agent.getMethod("agentmain", String.class, Instrumentation.class).invoke(null, options, instrumentation);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }
}
