package compat.healthcheck;

import co.paralleluniverse.fibers.Suspendable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import net.corda.core.contracts.StateAndRef;
import net.corda.core.crypto.TransactionSignature;
import net.corda.core.flows.FlowException;
import net.corda.core.flows.FlowLogic;
import net.corda.core.flows.NotaryFlow;
import net.corda.core.identity.AbstractParty;
import net.corda.core.identity.Party;
import net.corda.core.transactions.SignedTransaction;
import net.corda.core.transactions.TransactionBuilder;

/**
 * Makes and spends null states. Nobody but the caller and the notary takes part, and the notary is asked directly: finality
 * flows have another shape in 3.x than in 4.x, the notary's client has one.
 */
abstract class Spending<T> extends FlowLogic<T> {
    private final Party notary;

    Spending(Party notary) {
        this.notary = notary;
    }

    /** A state that exists for its owner alone. */
    @Suspendable
    final StateAndRef<NullContract.State> issue() {
        return issueFor(Collections.singletonList(getOurIdentity())).getTx().outRef(0);
    }

    /** Without an input there is nothing to notarise, and nobody but the caller has to sign. */
    @Suspendable
    final SignedTransaction issueFor(List<AbstractParty> participants) {
        TransactionBuilder builder = new TransactionBuilder(notary);
        builder.addOutputState(new NullContract.State(participants), NullContract.ID);
        return record(sign(builder));
    }

    /** A transaction of its own each time: its salt is drawn anew. */
    @Suspendable
    final SignedTransaction spend(StateAndRef<NullContract.State> state) throws FlowException {
        TransactionBuilder builder = new TransactionBuilder(notary);
        builder.addInputState(state);
        SignedTransaction spent = sign(builder);
        List<? extends TransactionSignature> signatures = subFlow(new NotaryFlow.Client(spent));
        return record(spent.withAdditionalSignatures(new ArrayList<>(signatures)));
    }

    @Suspendable
    private SignedTransaction sign(TransactionBuilder builder) {
        builder.addCommand(new NullContract.Check(), getOurIdentity().getOwningKey());
        return getServiceHub().signInitialTransaction(builder);
    }

    @Suspendable
    private SignedTransaction record(SignedTransaction transaction) {
        getServiceHub().recordTransactions(transaction);
        return transaction;
    }
}
