package compat.driver;

import java.io.IOException;
import java.net.InetSocketAddress;

/**
 * The driver: speaks RPC to nodes, HTTP and JSON to the harness. It prints {@code driver listening on 127.0.0.1:PORT} once
 * it takes requests, and ends when its standard input does, so that it cannot outlive whoever started it.
 */
public final class Main {
    private static final String TOKEN = "COMPAT_DRIVER_TOKEN";

    private Main() {}

    /** Takes no arguments; the token comes in the environment. */
    public static void main(String[] arguments) {
        try {
            String token = System.getenv(TOKEN);
            if (token == null || token.isEmpty()) {
                System.err.println(TOKEN + " is not set: the driver would answer to nobody");
                System.exit(2);
            }
            inBackground("end-of-input", Main::endWithInput);
            Limited limited = new Limited();
            Metrics metrics = new Metrics();
            Nodes nodes = new Nodes(limited);
            Routes routes = new Routes(limited, nodes, new Flows(limited, metrics));
            InetSocketAddress address = new Server(token, routes, metrics).start();
            System.out.println("driver listening on 127.0.0.1:" + address.getPort());
            System.out.flush();
            inBackground("warm-up", new WarmUp());
        } catch (Throwable e) {
            e.printStackTrace();
            // RPC leaves threads behind that would keep a failed driver alive.
            System.exit(1);
        }
    }

    private static void endWithInput() {
        try {
            while (System.in.read() >= 0) {
                // Nothing is ever said to it.
            }
        } catch (IOException e) {
            // As good as the end.
        }
        // No shutdown hook of a library may hold it up.
        Runtime.getRuntime().halt(0);
    }

    private static void inBackground(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
    }
}
