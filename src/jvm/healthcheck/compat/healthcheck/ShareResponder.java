package compat.healthcheck;

import co.paralleluniverse.fibers.Suspendable;
import net.corda.core.flows.FlowException;
import net.corda.core.flows.FlowLogic;
import net.corda.core.flows.FlowSession;
import net.corda.core.flows.InitiatedBy;
import net.corda.core.flows.ReceiveTransactionFlow;
import net.corda.core.node.StatesToRecord;

/** Records what {@link ShareFlow} sends, and says so. */
@InitiatedBy(ShareFlow.class)
public final class ShareResponder extends FlowLogic<Void> {
    private final FlowSession session;

    /** Started by the node. */
    public ShareResponder(FlowSession session) {
        this.session = session;
    }

    @Override
    @Suspendable
    public Void call() throws FlowException {
        session.send(subFlow(new ReceiveTransactionFlow(session, true, StatesToRecord.ONLY_RELEVANT)).getId().toString());
        return null;
    }
}
