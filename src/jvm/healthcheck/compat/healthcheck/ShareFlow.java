package compat.healthcheck;

import co.paralleluniverse.fibers.Suspendable;
import java.util.Arrays;
import net.corda.core.flows.FlowException;
import net.corda.core.flows.FlowSession;
import net.corda.core.flows.InitiatingFlow;
import net.corda.core.flows.SendTransactionFlow;
import net.corda.core.flows.StartableByRPC;
import net.corda.core.identity.Party;
import net.corda.core.transactions.SignedTransaction;

/** Makes a null state that two parties have a part in, and waits until the other one has recorded it. Answers its transaction's id. */
@InitiatingFlow
@StartableByRPC
public final class ShareFlow extends Spending<String> {
    private final Party other;

    /** Started by RPC with the other participant, and the notary that the state is to have. */
    public ShareFlow(Party other, Party notary) {
        super(notary);
        this.other = other;
    }

    @Override
    @Suspendable
    public String call() throws FlowException {
        SignedTransaction issued = issueFor(Arrays.asList(getOurIdentity(), other));
        FlowSession session = initiateFlow(other);
        subFlow(new SendTransactionFlow(session, issued));
        session.receive(String.class).unwrap(id -> id);
        return issued.getId().toString();
    }
}
