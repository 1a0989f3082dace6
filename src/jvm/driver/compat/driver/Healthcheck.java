package compat.driver;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** The harness's own CorDapp: does the notary notarise, and does it refuse what it must refuse. */
final class Healthcheck {
    private final Flows flows;
    private final Nodes nodes;

    Healthcheck(Flows flows, Nodes nodes) {
        this.flows = flows;
        this.nodes = nodes;
    }

    ObjectNode notarise(Request request) throws Failure {
        return run(request, "notarise", "compat.healthcheck.NotariseFlow", (result, into) -> into.put("transaction", (String) result));
    }

    ObjectNode doubleSpend(Request request) throws Failure {
        return run(request, "double-spend", "compat.healthcheck.DoubleSpendFlow", (result, into) -> {
            List<?> firstAndRefusal = (List<?>) result;
            into.put("first", (String) firstAndRefusal.get(0));
            into.put("refusal", firstAndRefusal.size() > 1 ? (String) firstAndRefusal.get(1) : null);
        });
    }

    private ObjectNode run(Request request, String type, String flow, Flows.Result result) throws Failure {
        NodeConnection node = nodes.get(request.text("node"));
        String notary = request.text("notary");
        Flows.Call call = new Flows.Call(node, type, nodes.labelOf(notary), flow);
        return flows.run(call, request.positive("limitMs"), result, () -> new Object[] {node.party(notary)});
    }
}
