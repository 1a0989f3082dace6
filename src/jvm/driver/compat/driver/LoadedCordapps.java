package compat.driver;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.List;
import java.util.Locale;
import net.corda.core.messaging.CordaRPCOps;

/** The CorDapps that a node has loaded. Reflection, since the call and its types exist from 4.3 on only. */
final class LoadedCordapps {
    /** The platform version of 4.3. */
    private static final int FIRST = 5;

    private LoadedCordapps() {}

    /** Leaves the list out where the node, or the release of this driver, has no such call. */
    static void write(NodeConnection node, ObjectNode into) throws ReflectiveOperationException, Failure {
        Method call = call();
        if (call == null || node.info.getPlatformVersion() < FIRST) {
            return;
        }
        ArrayNode cordapps = into.putArray("cordapps");
        try {
            Object info = call.invoke(node.rpc());
            for (Object cordapp : (List<?>) get(info, "getCordapps")) {
                ObjectNode view = cordapps.addObject();
                view.put("name", get(cordapp, "getName").toString());
                view.put("sha256", get(cordapp, "getJarHash").toString().toLowerCase(Locale.ROOT));
            }
        } catch (InvocationTargetException e) {
            throw Failure.of(e.getCause());
        }
    }

    private static Method call() {
        try {
            return CordaRPCOps.class.getMethod("nodeDiagnosticInfo");
        } catch (NoSuchMethodException e) {
            return null;
        }
    }

    private static Object get(Object of, String property) throws ReflectiveOperationException {
        return of.getClass().getMethod(property).invoke(of);
    }
}
