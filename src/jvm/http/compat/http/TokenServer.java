package compat.http;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.concurrent.Executors;

/** HTTP on threads of its own, and the token by which a server knows its callers. */
public final class TokenServer {
    /** Header of the token: of our own, since what goes through an API server has Authorization for that one. */
    private static final String TOKEN = "X-Compat-Token";

    private final byte[] token;

    public TokenServer(String token) {
        this.token = token.getBytes(StandardCharsets.UTF_8);
    }

    public void start(InetSocketAddress address, HttpHandler handler) throws IOException {
        // Without it every answer waits 40 ms for an acknowledgement (JDK-8014254).
        System.setProperty("sun.net.httpserver.nodelay", "true");
        HttpServer server = HttpServer.create(address, 0);
        server.createContext("/", handler);
        server.setExecutor(Executors.newCachedThreadPool(work -> {
            Thread thread = new Thread(work, "http");
            thread.setDaemon(true);
            return thread;
        }));
        server.start();
    }

    public boolean isHolder(HttpExchange exchange) {
        String given = exchange.getRequestHeaders().getFirst(TOKEN);
        return given != null && MessageDigest.isEqual(given.getBytes(StandardCharsets.UTF_8), token);
    }

    public static void send(HttpExchange exchange, int status, byte[] body) throws IOException {
        if (body.length == 0) {
            // That ends the exchange; closing its body besides would end the next one on the same connection.
            exchange.sendResponseHeaders(status, -1);
            return;
        }
        exchange.sendResponseHeaders(status, body.length);
        try (OutputStream out = exchange.getResponseBody()) {
            out.write(body);
        }
    }
}
