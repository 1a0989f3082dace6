package compat.healthcheck;

import co.paralleluniverse.fibers.Suspendable;
import net.corda.core.contracts.ContractState;
import net.corda.core.contracts.StateAndRef;
import net.corda.core.contracts.StateRef;
import net.corda.core.flows.AbstractStateReplacementFlow;
import net.corda.core.flows.FlowException;
import net.corda.core.flows.FlowLogic;
import net.corda.core.flows.NotaryChangeFlow;
import net.corda.core.flows.StartableByRPC;
import net.corda.core.identity.Party;

/** Corda's own notary change, which cannot be started by RPC. Answers the id of its transaction. */
@StartableByRPC
public final class ChangeNotaryFlow extends FlowLogic<String> {
    private final StateRef state;
    private final Party notary;

    /** Started by RPC with an unspent state of the node's vault and its new notary. */
    public ChangeNotaryFlow(StateRef state, Party notary) {
        this.state = state;
        this.notary = notary;
    }

    @Override
    @Suspendable
    public String call() throws FlowException {
        StateAndRef<ContractState> old = getServiceHub().toStateAndRef(state);
        // Kotlin's default argument: with any other tracker the flow fails at its first step.
        return subFlow(new NotaryChangeFlow<>(old, notary, AbstractStateReplacementFlow.Instigator.Companion.tracker()))
                .getRef().getTxhash().toString();
    }
}
