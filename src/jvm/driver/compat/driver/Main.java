package compat.driver;

import java.net.InetSocketAddress;

/**
 * The driver: speaks RPC to nodes, HTTP and JSON to the harness. It prints {@code driver listening on HOST:PORT} once it
 * takes requests, and ends by SIGTERM.
 */
public final class Main {
    private static final String TOKEN = "COMPAT_DRIVER_TOKEN";

    private Main() {}

    /** Takes {@code HOST PORT}, where to listen; the token comes in the environment. */
    public static void main(String[] arguments) {
        try {
            String token = System.getenv(TOKEN);
            if (token == null || token.isEmpty()) {
                System.err.println(TOKEN + " is not set: the driver would answer to nobody");
                System.exit(2);
            }
            if (arguments.length != 2) {
                System.err.println("usage: compat.driver.Main HOST PORT");
                System.exit(2);
            }
            Limited limited = new Limited();
            Metrics metrics = new Metrics();
            Nodes nodes = new Nodes(limited);
            Routes routes = new Routes(limited, nodes, new Flows(limited, metrics));
            InetSocketAddress address = new InetSocketAddress(arguments[0], Integer.parseInt(arguments[1]));
            new Server(token, routes, metrics).start(address);
            System.out.println("driver listening on " + arguments[0] + ":" + arguments[1]);
            System.out.flush();
            inBackground("warm-up", new WarmUp());
        } catch (Throwable e) {
            e.printStackTrace();
            // RPC leaves threads behind that would keep a failed driver alive.
            System.exit(1);
        }
    }

    private static void inBackground(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
    }
}
