package compat.healthcheck;

import co.paralleluniverse.fibers.Suspendable;
import net.corda.core.flows.FlowException;
import net.corda.core.flows.StartableByRPC;
import net.corda.core.identity.Party;

/** Makes a null state and has the notary sign its spending. Answers the id of the notarised transaction. */
@StartableByRPC
public final class NotariseFlow extends Spending<String> {
    /** Started by RPC with the notary to be checked. */
    public NotariseFlow(Party notary) {
        super(notary);
    }

    @Override
    @Suspendable
    public String call() throws FlowException {
        return spend(issue()).getId().toString();
    }
}
