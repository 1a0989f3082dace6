package compat.driver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import net.corda.core.identity.Party;
import net.corda.core.utilities.NetworkHostAndPort;

/** What each path of the protocol does (domain/driver-api.ts). */
final class Routes {
    /** Answers one path. */
    interface Route {
        JsonNode answer(Request request) throws Failure;
    }

    /** Fills the answer of a call that only looks at one node. */
    private interface Look {
        void fill(NodeConnection node, ObjectNode answer) throws Exception;
    }

    final Map<String, Route> posts = new TreeMap<>();
    private final Limited limited;
    private final Nodes nodes;

    Routes(Limited limited, Nodes nodes, Flows flows) {
        this.limited = limited;
        this.nodes = nodes;
        Cash cash = new Cash(flows, nodes);
        Healthcheck healthcheck = new Healthcheck(flows, nodes);
        StateChanges changes = new StateChanges(flows, nodes);
        posts.put("/connect", request -> views(nodes.connect(request)));
        posts.put("/flow/issue", cash::issue);
        posts.put("/flow/pay", cash::pay);
        posts.put("/flow/exit", cash::exit);
        posts.put("/flow/notarise", healthcheck::notarise);
        posts.put("/flow/double-spend", healthcheck::doubleSpend);
        posts.put("/flow/change-notary", changes::changeNotary);
        posts.put("/flow/share", changes::share);
        posts.put("/flow/authorise-upgrade", changes::authoriseUpgrade);
        posts.put("/flow/upgrade", changes::upgrade);
        posts.put("/vault", look("vault", (node, answer) -> Cash.vault(node, answer.putArray("states"))));
        posts.put("/vault-rows", look("vault's rows",
                (node, answer) -> node.database.cashRows(answer.putArray("rows"))));
        posts.put("/null-states", look("null states",
                (node, answer) -> StateChanges.nullStates(node, answer.putArray("states"))));
        posts.put("/transactions", look("transactions", (node, answer) -> node.database.transactions(answer)));
        posts.put("/flows", look("flows in flight", Routes::flows));
        // A node's own identity is the first; a notary's second is its service's.
        posts.put("/network-map", look("network map", (node, answer) -> parties(node.rpc().networkMapSnapshot().stream()
                .map(info -> info.getLegalIdentities().get(0)), answer.putArray("parties"))));
        posts.put("/notaries", look("notaries",
                (node, answer) -> parties(node.rpc().notaryIdentities().stream(), answer.putArray("parties"))));
        posts.put("/notary-log", look("notary's log",
                (node, answer) -> node.database.notaryLog(answer.putArray("commits"))));
        posts.put("/health", look("health", NodeHealth::write));
        posts.put("/cordapps", look("CorDapps", LoadedCordapps::write));
    }

    JsonNode connected() {
        return views(nodes.all());
    }

    private Route look(String what, Look look) {
        return request -> {
            NodeConnection node = nodes.get(request.text("node"));
            return limited.call(request.limitOrDefault(), what + " of " + node.id, () -> {
                ObjectNode answer = JsonNodeFactory.instance.objectNode();
                answer.put("node", node.id);
                look.fill(node, answer);
                return answer;
            });
        };
    }

    private static void flows(NodeConnection node, ObjectNode answer) throws Exception {
        FlowsInFlight.write(node, answer.putArray("flows"));
        answer.put("checkpoints", node.database.checkpoints());
    }

    static void parties(Stream<Party> parties, ArrayNode into) {
        parties.map(party -> party.getName().toString()).forEach(into::add);
    }

    private static ArrayNode views(Iterable<NodeConnection> connections) {
        ArrayNode views = JsonNodeFactory.instance.arrayNode();
        for (NodeConnection node : connections) {
            ObjectNode view = views.addObject();
            view.put("id", node.id);
            view.put("party", node.party());
            view.put("platformVersion", node.info.getPlatformVersion());
            ArrayNode addresses = view.putArray("addresses");
            for (NetworkHostAndPort address : node.info.getAddresses()) {
                addresses.add(address.toString());
            }
        }
        return views;
    }
}
