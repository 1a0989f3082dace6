package compat.healthcheck;

import java.util.List;
import net.corda.core.contracts.ContractState;
import net.corda.core.contracts.UpgradedContract;
import net.corda.core.identity.AbstractParty;
import net.corda.core.transactions.LedgerTransaction;

/** What {@link NullContract} may be upgraded to, where all participants of a state authorise it. */
public class NullContractV2 implements UpgradedContract<NullContract.State, NullContractV2.State> {
    @Override
    public String getLegacyContract() {
        return NullContract.ID;
    }

    @Override
    public State upgrade(NullContract.State state) {
        return new State(state.getParticipants());
    }

    @Override
    public void verify(LedgerTransaction transaction) {
        // Everything is allowed.
    }

    /** As {@link NullContract.State}. */
    public static class State implements ContractState {
        private final List<AbstractParty> participants;

        /** Of the state that was upgraded. */
        public State(List<AbstractParty> participants) {
            this.participants = participants;
        }

        @Override
        public List<AbstractParty> getParticipants() {
            return participants;
        }
    }
}
