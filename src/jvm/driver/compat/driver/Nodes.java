package compat.driver;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;

/** The nodes that the driver is connected to. */
final class Nodes {
    private final Limited limited;
    private final Map<String, NodeConnection> byId = new ConcurrentSkipListMap<>();

    Nodes(Limited limited) {
        this.limited = limited;
    }

    /** All side by side. Those that answered stay connected even if another did not. */
    List<NodeConnection> connect(Request request) throws Failure {
        long limitMs = request.positive("limitMs");
        List<Connector> connectors = new ArrayList<>();
        for (JsonNode node : request.list("nodes")) {
            connectors.add(new Connector(limited, node));
        }
        List<Future<NodeConnection>> attempts = new ArrayList<>();
        for (Connector connector : connectors) {
            attempts.add(limited.start(() -> keep(connector.connect(limitMs))));
        }
        List<NodeConnection> connected = new ArrayList<>();
        for (Future<NodeConnection> attempt : attempts) {
            connected.add(resultOf(attempt));
        }
        return connected;
    }

    NodeConnection get(String id) throws Failure {
        NodeConnection node = byId.get(id);
        if (node == null) {
            throw Failure.request("node: \"" + id + "\" is not connected; connected are " + byId.keySet());
        }
        return node;
    }

    Collection<NodeConnection> all() {
        return byId.values();
    }

    /** The id of the node with this party, or the party itself: what a metric calls it. */
    String labelOf(String party) {
        for (NodeConnection node : byId.values()) {
            if (node.party().equals(party)) {
                return node.id;
            }
        }
        return party;
    }

    /** A node that comes again (restarted, upgraded) takes the place of its former self. */
    private NodeConnection keep(NodeConnection node) {
        NodeConnection former = byId.put(node.id, node);
        if (former != null) {
            // A client says goodbye to a server that is gone for half a minute.
            limited.start(former::close);
        }
        return node;
    }

    private static NodeConnection resultOf(Future<NodeConnection> attempt) throws Failure {
        try {
            return attempt.get();
        } catch (ExecutionException e) {
            throw Failure.of(e.getCause());
        } catch (InterruptedException e) {
            throw Failure.driver("the driver was stopped");
        }
    }
}
