package compat.driver;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import net.corda.client.rpc.CordaRPCConnection;
import net.corda.core.node.NodeInfo;
import net.corda.core.utilities.NetworkHostAndPort;

/** Connects to a node that may still be starting: again and again until it answers or the limit passes. */
final class Connector {
    /** A node whose broker is up before its RPC server can leave an attempt without an answer. */
    private static final long ATTEMPT_MS = 15_000;
    private static final long PAUSE_MS = 100;
    private static final int PROBE_MS = 1_000;

    private final Limited limited;
    private final String id;
    private final NetworkHostAndPort address;
    private final String user;
    private final String password;
    private final Database database;
    private final Jolokia jolokia;
    private volatile String lastSeen = "nothing tried yet";

    Connector(Limited limited, JsonNode json) throws Failure {
        Request request = new Request(json);
        this.limited = limited;
        id = request.text("id");
        user = request.text("user");
        password = request.text("password");
        database = Database.of(json.path("database"));
        jolokia = json.has("jolokia") ? new Jolokia(request.text("jolokia"), user, password) : null;
        String rpc = request.text("rpc");
        try {
            address = NetworkHostAndPort.parse(rpc);
        } catch (IllegalArgumentException e) {
            throw Failure.request("rpc: \"" + rpc + "\" is not host:port: " + e.getMessage());
        }
    }

    /** @throws Failure {@code no-answer} with what the last attempt saw */
    NodeConnection connect(long limitMs) throws Failure {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(limitMs);
        try {
            for (;;) {
                long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
                if (left <= 0) {
                    throw Failure.noAnswer("RPC of " + id + " at " + address + ": not within "
                            + Limited.seconds(limitMs) + "; last seen: " + lastSeen);
                }
                NodeConnection connection = attempt(Math.min(left, ATTEMPT_MS));
                if (connection != null) {
                    return connection;
                }
                Thread.sleep(Math.min(PAUSE_MS, left));
            }
        } catch (InterruptedException e) {
            throw Failure.driver("RPC of " + id + ": the driver was stopped");
        }
    }

    private NodeConnection attempt(long limitMs) throws InterruptedException {
        if (!isListening()) {
            return null;
        }
        Attempt attempt = new Attempt();
        Future<NodeConnection> future = limited.start(attempt::open);
        try {
            return future.get(limitMs, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            lastSeen = "no answer to the attempt to log in within " + Limited.seconds(limitMs);
        } catch (ExecutionException e) {
            lastSeen = String.join(" < ", ExceptionChain.of(e));
        } finally {
            attempt.abandonUnlessDone(future);
        }
        return null;
    }

    /** An RPC client that finds nobody costs as much as one that does, on the cores that the nodes start on. */
    private boolean isListening() {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(address.getHost(), address.getPort()), PROBE_MS);
            return true;
        } catch (IOException e) {
            lastSeen = e.getMessage();
            return false;
        }
    }

    /** One try; an abandoned one closes what it may still open. */
    private final class Attempt {
        private boolean abandoned;
        private CordaRPCConnection opened;

        NodeConnection open() throws ReflectiveOperationException {
            CordaRPCConnection connection = RpcClients.to(address).start(user, password);
            keepOrClose(connection);
            NodeInfo info = connection.getProxy().nodeInfo();
            return new NodeConnection(id, connection, info, database, jolokia);
        }

        private synchronized void keepOrClose(CordaRPCConnection connection) {
            if (abandoned) {
                connection.forceClose();
                throw new IllegalStateException("too late");
            }
            opened = connection;
        }

        synchronized void abandonUnlessDone(Future<NodeConnection> future) {
            if (future.isDone() && !future.isCancelled()) {
                return;
            }
            abandoned = true;
            future.cancel(true);
            if (opened != null) {
                opened.forceClose();
            }
        }
    }
}
