package compat.driver;

import java.lang.reflect.InvocationTargetException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import net.corda.core.CordaThrowable;

/** Exceptions as text. Those that crossed the wire without their class are known by the name Corda kept for them. */
final class ExceptionChain {
    /** Some of Corda's messages list every serializer it knows. */
    private static final int LONGEST = 1_000;

    private ExceptionChain() {}

    /** Outermost first, as {@code class: message}; at least one line. */
    static List<String> of(Throwable error) {
        List<String> lines = new ArrayList<>();
        Set<Throwable> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        for (Throwable each = unwrap(error); each != null && seen.add(each); each = each.getCause()) {
            lines.add(line(each));
        }
        return lines;
    }

    static String className(Throwable error) {
        Throwable inner = unwrap(error);
        String original = inner instanceof CordaThrowable ? ((CordaThrowable) inner).getOriginalExceptionClassName() : null;
        return original != null ? original : inner.getClass().getName();
    }

    /** Whether the way to the node failed, not what was asked of it. */
    static boolean isConnection(Throwable error) {
        for (Throwable each = unwrap(error); each != null; each = each.getCause()) {
            String name = each.getClass().getName();
            if (name.startsWith("net.corda.client.rpc.") || name.startsWith("org.apache.activemq.")) {
                return true;
            }
        }
        return false;
    }

    /** Whether a node threw it: what crosses the wire is made an exception of Corda's. */
    static boolean isOfNode(Throwable error) {
        for (Throwable each = unwrap(error); each != null; each = each.getCause()) {
            if (each instanceof CordaThrowable) {
                return true;
            }
        }
        return false;
    }

    private static Throwable unwrap(Throwable error) {
        Throwable inner = error;
        while ((inner instanceof ExecutionException || inner instanceof InvocationTargetException) && inner.getCause() != null) {
            inner = inner.getCause();
        }
        return inner;
    }

    private static String line(Throwable error) {
        boolean named = error instanceof CordaThrowable && ((CordaThrowable) error).getOriginalExceptionClassName() != null;
        String message = named ? ((CordaThrowable) error).getOriginalMessage() : error.getMessage();
        return message == null ? className(error) : className(error) + ": " + shortened(message);
    }

    private static String shortened(String message) {
        return message.length() <= LONGEST ? message : message.substring(0, LONGEST) + " …";
    }
}
