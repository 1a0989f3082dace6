package compat.zone;

import com.sun.net.httpserver.HttpExchange;
import compat.http.TokenServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;

/** HTTP around the routes. Below /admin/ only for whoever holds the token. */
final class Server {
    /** A CorDapp is the largest thing that is sent here. */
    private static final int MOST_BYTES = 64 * 1024 * 1024;

    private final TokenServer server;
    private final Routes routes;
    private final Metrics metrics;
    private final int pollSeconds;

    Server(String token, Routes routes, Metrics metrics, int pollSeconds) {
        this.server = new TokenServer(token);
        this.routes = routes;
        this.metrics = metrics;
        this.pollSeconds = pollSeconds;
    }

    void start(InetSocketAddress address) throws IOException {
        server.start(address, this::handle);
    }

    private void handle(HttpExchange exchange) throws IOException {
        String asked = exchange.getRequestMethod() + " " + exchange.getRequestURI().getPath();
        String route = "none";
        Reply reply;
        try {
            Routes.Match match = routes.match(exchange.getRequestMethod(), exchange.getRequestURI().getPath());
            route = match.name;
            requireToken(exchange);
            reply = match.route.answer(callOf(exchange, match.id));
        } catch (Refusal refusal) {
            Log.say(asked + " refused (" + refusal.status + "): " + refusal.getMessage());
            reply = Reply.text(refusal.status, refusal.getMessage());
        } catch (Throwable e) {
            Log.say(asked + " failed: " + e);
            e.printStackTrace();
            reply = Reply.text(500, e.toString());
        }
        metrics.answered(route, reply.status);
        try {
            send(exchange, reply);
        } finally {
            exchange.close();
        }
    }

    private void requireToken(HttpExchange exchange) throws Refusal {
        if (exchange.getRequestURI().getPath().startsWith("/admin/") && !server.isHolder(exchange)) {
            throw Refusal.unauthorized("the token is missing or wrong");
        }
    }

    private static Call callOf(HttpExchange exchange, String id) throws IOException, Refusal {
        return new Call(
                id,
                bodyOf(exchange),
                exchange.getRequestHeaders().getFirst("Platform-Version"),
                exchange.getRequestHeaders().getFirst("Client-Version"),
                exchange.getRemoteAddress().getAddress().getHostAddress());
    }

    private static byte[] bodyOf(HttpExchange exchange) throws IOException, Refusal {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        byte[] buffer = new byte[8192];
        InputStream in = exchange.getRequestBody();
        for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
            body.write(buffer, 0, read);
            if (body.size() > MOST_BYTES) {
                throw Refusal.tooLarge("the body has more than " + MOST_BYTES + " bytes");
            }
        }
        return body.toByteArray();
    }

    private void send(HttpExchange exchange, Reply reply) throws IOException {
        if (reply.type != null) {
            exchange.getResponseHeaders().set("Content-Type", reply.type);
        }
        if (reply.polled) {
            exchange.getResponseHeaders().set("Cache-Control", "max-age=" + pollSeconds);
        }
        TokenServer.send(exchange, reply.status, reply.body);
    }
}
