package compat.driver;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import net.corda.client.rpc.CordaRPCConnection;
import net.corda.core.identity.CordaX500Name;
import net.corda.core.identity.Party;
import net.corda.core.messaging.CordaRPCOps;
import net.corda.core.node.NodeInfo;

/** A node that has answered. */
final class NodeConnection {
    final String id;
    final Database database;
    final NodeInfo info;
    /** Null where its JVM has none. */
    final Jolokia jolokia;
    private final CordaRPCConnection connection;
    /** Identities do not change while a network lives; asking each time would cost every payment a round trip. */
    private final Map<CordaX500Name, Party> parties = new ConcurrentHashMap<>();

    NodeConnection(String id, CordaRPCConnection connection, NodeInfo info, Database database, Jolokia jolokia) {
        this.id = id;
        this.connection = connection;
        this.info = info;
        this.database = database;
        this.jolokia = jolokia;
    }

    CordaRPCOps rpc() {
        return connection.getProxy();
    }

    String party() {
        return info.getLegalIdentities().get(0).getName().toString();
    }

    /** @throws Failure {@code request} when the node's network map has no such party */
    Party party(String name) throws Failure {
        CordaX500Name wanted;
        try {
            wanted = CordaX500Name.parse(name);
        } catch (IllegalArgumentException e) {
            throw Failure.request("\"" + name + "\" is no X.500 name: " + e.getMessage());
        }
        Party known = parties.get(wanted);
        if (known != null) {
            return known;
        }
        Party found = rpc().wellKnownPartyFromX500Name(wanted);
        if (found == null) {
            String all = rpc().networkMapSnapshot().stream()
                    .flatMap(node -> node.getLegalIdentities().stream())
                    .map(party -> party.getName().toString())
                    .collect(Collectors.joining("; "));
            throw Failure.request(id + " does not know the party " + wanted + "; its network map has: " + all);
        }
        parties.put(wanted, found);
        return found;
    }

    /** @return nothing, so that it can be left to others */
    Void close() {
        connection.forceClose();
        return null;
    }
}
