package compat.healthcheck;

import co.paralleluniverse.fibers.Suspendable;
import java.util.ArrayList;
import java.util.List;
import net.corda.core.contracts.StateAndRef;
import net.corda.core.flows.FlowException;
import net.corda.core.flows.NotaryException;
import net.corda.core.flows.StartableByRPC;
import net.corda.core.identity.Party;

/**
 * Spends one null state twice. Answers the id of the first spending, and then the notary's refusal of the second in its own
 * words; no second element means that the second went through, which no notary may let happen.
 */
@StartableByRPC
public final class DoubleSpendFlow extends Spending<List<String>> {
    /** Started by RPC with the notary to be checked. */
    public DoubleSpendFlow(Party notary) {
        super(notary);
    }

    @Override
    @Suspendable
    public List<String> call() throws FlowException {
        StateAndRef<NullContract.State> state = issue();
        List<String> answer = new ArrayList<>();
        answer.add(spend(state).getId().toString());
        try {
            spend(state);
        } catch (NotaryException refusal) {
            answer.add(String.valueOf(refusal.getMessage()));
        }
        return answer;
    }
}
