package compat.zone;

import compat.common.InputException;
import compat.common.Serialization;
import java.net.BindException;
import java.net.InetSocketAddress;

/**
 * A zone: doorman and network map. It prints {@code doorman listening on HOST:PORT} once it takes requests, and ends by
 * SIGTERM. Status 2: the command line or a stored file is wrong, one line on standard error says what.
 */
public final class Main {
    private static final String TOKEN = "COMPAT_DOORMAN_TOKEN";

    private Main() {}

    /** See {@link Options}; the token of /admin comes in the environment. */
    public static void main(String[] arguments) {
        try {
            String token = System.getenv(TOKEN);
            if (token == null || token.isEmpty()) {
                throw new InputException(TOKEN + " is not set: nobody could administer the zone");
            }
            Options options = Options.read(arguments);
            start(options, token);
            System.out.println("doorman listening on " + options.host + ":" + options.port);
            System.out.flush();
        } catch (InputException e) {
            System.err.println(e.getMessage());
            System.exit(2);
        } catch (BindException e) {
            System.err.println(arguments[0] + ":" + arguments[1] + ": " + e.getMessage());
            System.exit(2);
        } catch (Throwable e) {
            e.printStackTrace();
            System.exit(1);
        }
    }

    private static void start(Options options, String token) throws Exception {
        Storage storage = Storage.open(options.folder);
        Serialization serialization = Serialization.start();
        Authority authority = Authority.open(storage);
        Doorman doorman = new Doorman(storage, authority, options.approveAll);
        NodeInfoCheck check = new NodeInfoCheck(serialization, authority, doorman);
        NodeInfos nodeInfos = new NodeInfos(storage, check);
        ZoneParameters parameters = new ZoneParameters(storage, authority, serialization);
        Acknowledgements acknowledgements = new Acknowledgements(storage, serialization, nodeInfos, parameters);
        Metrics metrics = new Metrics(doorman, nodeInfos, parameters, acknowledgements);
        Routes routes = new Routes();
        new ZoneRoutes(serialization, authority, doorman, nodeInfos, parameters, acknowledgements).addTo(routes);
        new AdminRoutes(doorman, check, nodeInfos, parameters).addTo(routes);
        routes.add("GET /metrics", call -> Reply.bytes("text/plain; version=0.0.4; charset=utf-8", metrics.text().getBytes("UTF-8")));
        new Server(token, routes, metrics, options.pollSeconds).start(new InetSocketAddress(options.host, options.port));
    }
}
