package compat.driver;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import net.corda.core.messaging.DataFeed;
import net.corda.core.messaging.StateMachineInfo;
import rx.Observable;

/** What a node is busy with. */
final class FlowsInFlight {
    private FlowsInFlight() {}

    static void write(NodeConnection node, ArrayNode into) {
        for (StateMachineInfo flow : node.rpc().stateMachinesSnapshot()) {
            ObjectNode each = into.addObject();
            each.put("id", flow.getId().getUuid().toString());
            each.put("flow", flow.getFlowLogicClassName());
            DataFeed<String, String> progress = flow.getProgressTrackerStepAndUpdates();
            if (progress != null) {
                release(progress.getUpdates());
            }
        }
    }

    /** An observable that nobody subscribes to is kept by the node for as long as the connection lives. */
    private static void release(Observable<String> updates) {
        updates.subscribe(step -> { }, error -> { }).unsubscribe();
    }
}
