package compat.driver;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import net.corda.core.contracts.ContractState;
import net.corda.core.contracts.StateAndRef;

/** What happens to single states besides trade: they get another notary, or another contract. */
final class StateChanges {
    private static final String CASH = "net.corda.finance.contracts.asset.Cash$State";
    private static final String HEALTHCHECK = "compat.healthcheck.";
    private static final String OLD_CONTRACT = HEALTHCHECK + "NullContract";
    private static final String NEW_CONTRACT = HEALTHCHECK + "NullContractV2";
    private static final String UPGRADE = "net.corda.core.flows.ContractUpgradeFlow$";

    private final Flows flows;
    private final Nodes nodes;

    StateChanges(Flows flows, Nodes nodes) {
        this.flows = flows;
        this.nodes = nodes;
    }

    /** Of a cash state. */
    ObjectNode changeNotary(Request request) throws Failure {
        NodeConnection node = nodes.get(request.text("node"));
        String notary = request.text("notary");
        Flows.Call call = new Flows.Call(node, "change-notary", nodes.labelOf(notary), HEALTHCHECK + "ChangeNotaryFlow");
        return flows.run(call, request.positive("limitMs"), StateChanges::transaction, () -> new Object[] {
            find(node, CASH, request).getRef(), node.party(notary)
        });
    }

    /** A null state that another party has a part in. */
    ObjectNode share(Request request) throws Failure {
        NodeConnection node = nodes.get(request.text("node"));
        String other = request.text("with");
        String notary = request.text("notary");
        Flows.Call call = new Flows.Call(node, "share", nodes.labelOf(other), HEALTHCHECK + "ShareFlow");
        return flows.run(call, request.positive("limitMs"), StateChanges::transaction, () -> new Object[] {
            node.party(other), node.party(notary)
        });
    }

    ObjectNode authoriseUpgrade(Request request) throws Failure {
        return upgrade(request, "authorise-upgrade", "Authorise", (result, into) -> { });
    }

    ObjectNode upgrade(Request request) throws Failure {
        return upgrade(request, "upgrade", "Initiate", (result, into) ->
                into.put("transaction", ((StateAndRef<?>) result).getRef().getTxhash().toString()));
    }

    private ObjectNode upgrade(Request request, String type, String flow, Flows.Result result) throws Failure {
        NodeConnection node = nodes.get(request.text("node"));
        Flows.Call call = new Flows.Call(node, type, node.id, UPGRADE + flow);
        return flows.run(call, request.positive("limitMs"), result, () -> new Object[] {
            find(node, OLD_CONTRACT + "$State", request), Flows.classOf(NEW_CONTRACT)
        });
    }

    /** Unspent null states of either contract. */
    static void nullStates(NodeConnection node, ArrayNode into) throws Failure {
        for (String contract : new String[] {OLD_CONTRACT, NEW_CONTRACT}) {
            for (StateAndRef<? extends ContractState> state : Vaults.unconsumed(node.rpc(), typeOf(contract + "$State"))) {
                ObjectNode each = into.addObject();
                each.put("transaction", state.getRef().getTxhash().toString());
                each.put("index", state.getRef().getIndex());
                each.put("contract", state.getState().getContract());
            }
        }
    }

    /** @throws Failure {@code request} when the node's vault has no such state */
    private static StateAndRef<? extends ContractState> find(NodeConnection node, String type, Request request) throws Failure {
        String ref = request.text("transaction") + "(" + request.natural("index") + ")";
        for (StateAndRef<? extends ContractState> state : Vaults.unconsumed(node.rpc(), typeOf(type))) {
            if (state.getRef().toString().equals(ref)) {
                return state;
            }
        }
        throw Failure.request("the vault of " + node.id + " has no unspent state " + ref + " of " + type);
    }

    private static Class<? extends ContractState> typeOf(String name) throws Failure {
        return Flows.classOf(name).asSubclass(ContractState.class);
    }

    private static void transaction(Object result, ObjectNode into) {
        into.put("transaction", (String) result);
    }
}
