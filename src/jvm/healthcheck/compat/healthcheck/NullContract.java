package compat.healthcheck;

import java.util.List;
import net.corda.core.contracts.CommandData;
import net.corda.core.contracts.Contract;
import net.corda.core.contracts.ContractState;
import net.corda.core.contracts.TypeOnlyCommandData;
import net.corda.core.identity.AbstractParty;
import net.corda.core.transactions.LedgerTransaction;

/** A contract that allows everything: what is looked at is the notary, not the state. */
public class NullContract implements Contract {
    static final String ID = NullContract.class.getName();

    @Override
    public void verify(LedgerTransaction transaction) {
        // Everything is allowed.
    }

    /** A state without a content. Inside its contract's class, since that is how 4.x knows that the two belong together. */
    public static class State implements ContractState {
        private final List<AbstractParty> participants;

        /** Its participants all record it, and all have to agree to its upgrade. */
        public State(List<AbstractParty> participants) {
            this.participants = participants;
        }

        @Override
        public List<AbstractParty> getParticipants() {
            return participants;
        }
    }

    /** A transaction needs some command. */
    public static class Check extends TypeOnlyCommandData implements CommandData {}
}
