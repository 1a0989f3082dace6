package compat.driver;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import compat.http.TokenServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;

/** HTTP and JSON around the routes, for whoever holds the token. */
final class Server {
    private static final String JSON = "application/json; charset=utf-8";
    private static final String TEXT = "text/plain; version=0.0.4; charset=utf-8";

    /** Header of a request's id: see Answers. */
    private static final String REQUEST = "X-Compat-Request";

    private final ObjectMapper mapper = new ObjectMapper();
    private final TokenServer server;
    private final Routes routes;
    private final Metrics metrics;
    private final Answers answers = new Answers();

    Server(String token, Routes routes, Metrics metrics) {
        this.server = new TokenServer(token);
        this.routes = routes;
        this.metrics = metrics;
    }

    void start(InetSocketAddress address) throws IOException {
        server.start(address, this::handle);
    }

    private void handle(HttpExchange exchange) throws IOException {
        try {
            if (!server.isHolder(exchange)) {
                fail(exchange, 401, Failure.request("the token is missing or wrong"));
            } else if (exchange.getRequestMethod().equals("GET")) {
                get(exchange);
            } else {
                post(exchange);
            }
        } catch (Failure failure) {
            metrics.error(failure);
            fail(exchange, failure.kind.status, failure);
        } catch (RuntimeException | Error e) {
            e.printStackTrace();
            fail(exchange, 500, Failure.of(e));
        } finally {
            exchange.close();
        }
    }

    private void get(HttpExchange exchange) throws IOException, Failure {
        String path = exchange.getRequestURI().getPath();
        switch (path) {
            case "/ready":
                send(exchange, 200, TEXT, "ready\n".getBytes(StandardCharsets.UTF_8));
                break;
            case "/metrics":
                send(exchange, 200, TEXT, metrics.text().getBytes(StandardCharsets.UTF_8));
                break;
            case "/nodes":
                send(exchange, 200, JSON, mapper.writeValueAsBytes(routes.connected()));
                break;
            default:
                throw Failure.request("there is no GET " + path + "; there are /ready, /metrics, /nodes");
        }
    }

    private void post(HttpExchange exchange) throws IOException, Failure {
        String path = exchange.getRequestURI().getPath();
        Routes.Route route = routes.posts.get(path);
        if (route == null) {
            throw Failure.request("there is no POST " + path + "; there are " + routes.posts.keySet());
        }
        JsonNode body;
        try {
            body = mapper.readTree(exchange.getRequestBody());
        } catch (IOException e) {
            throw Failure.request("the body is no JSON: " + e.getMessage());
        }
        if (body == null || !body.isObject()) {
            throw Failure.request("the body is no JSON object");
        }
        String id = exchange.getRequestHeaders().getFirst(REQUEST);
        // What only looks may look again, and its answers are large.
        boolean changes = path.startsWith("/flow/") || path.equals("/connect");
        Answers.Answer answer = id == null || !changes
                ? answer(route, body) : answers.of(id, () -> answer(route, body));
        send(exchange, answer.status, JSON, answer.body);
    }

    /** A failure is an answer as well: it is told again when it is asked for again. */
    private Answers.Answer answer(Routes.Route route, JsonNode body) {
        try {
            return new Answers.Answer(200, bytes(route.answer(new Request(body))));
        } catch (Failure failure) {
            metrics.error(failure);
            return new Answers.Answer(failure.kind.status, errorOf(failure));
        }
    }

    private void fail(HttpExchange exchange, int status, Failure failure) throws IOException {
        send(exchange, status, JSON, errorOf(failure));
    }

    private byte[] errorOf(Failure failure) {
        ObjectNode error = mapper.createObjectNode();
        error.put("kind", failure.kind.word);
        error.put("message", failure.getMessage());
        ArrayNode chain = error.putArray("chain");
        failure.chain.forEach(chain::add);
        return bytes(error);
    }

    private byte[] bytes(JsonNode node) {
        try {
            return mapper.writeValueAsBytes(node);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree of JSON that is none", e);
        }
    }

    private static void send(HttpExchange exchange, int status, String type, byte[] body) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", type);
        TokenServer.send(exchange, status, body);
    }
}
