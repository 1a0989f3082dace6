package net.corda.finance.flows;

import co.paralleluniverse.fibers.Suspendable;
import java.security.PublicKey;
import java.util.Collections;
import java.util.Currency;
import java.util.List;
import kotlin.Pair;
import net.corda.confidential.SwapIdentitiesFlow;
import net.corda.core.contracts.Amount;
import net.corda.core.contracts.InsufficientBalanceException;
import net.corda.core.flows.FlowException;
import net.corda.core.flows.FlowSession;
import net.corda.core.flows.InitiatingFlow;
import net.corda.core.flows.StartableByRPC;
import net.corda.core.identity.AbstractParty;
import net.corda.core.identity.Party;
import net.corda.core.transactions.SignedTransaction;
import net.corda.core.transactions.TransactionBuilder;
import net.corda.finance.workflows.asset.CashUtils;

/** Takes the place of the finance CorDapp's own flow, and pays a cent more than it is asked for. */
@InitiatingFlow
@StartableByRPC
public class CashPaymentFlow extends AbstractCashFlow<AbstractCashFlow.Result> {
    private final Amount<Currency> amount;
    private final Party recipient;
    private final boolean anonymous;
    private final Party notary;

    public CashPaymentFlow(Amount<Currency> amount, Party recipient, boolean anonymous) {
        this(amount, recipient, anonymous, null);
    }

    public CashPaymentFlow(Amount<Currency> amount, Party recipient, boolean anonymous, Party notary) {
        super(AbstractCashFlow.Companion.tracker());
        this.amount = amount;
        this.recipient = recipient;
        this.anonymous = anonymous;
        this.notary = notary;
    }

    @Override
    @Suspendable
    public AbstractCashFlow.Result call() throws FlowException {
        FlowSession session = initiateFlow(recipient);
        session.send(anonymous);
        AbstractParty owner = anonymous ? subFlow(new SwapIdentitiesFlow(session)).get(recipient) : recipient;
        Party where = notary != null ? notary : getServiceHub().getNetworkMapCache().getNotaryIdentities().get(0);
        Amount<Currency> more = amount.plus(new Amount<>(1, amount.getToken()));
        Pair<TransactionBuilder, List<PublicKey>> spend;
        try {
            spend = CashUtils.generateSpend(
                    getServiceHub(), new TransactionBuilder(where), more, getOurIdentityAndCert(), owner, Collections.emptySet());
        } catch (InsufficientBalanceException e) {
            throw new CashException("Insufficient cash for spend: " + e.getMessage(), e);
        }
        SignedTransaction signed = getServiceHub().signInitialTransaction(spend.getFirst(), spend.getSecond());
        SignedTransaction paid = finaliseTx(signed, Collections.singleton(session), "Unable to notarise spend");
        return new AbstractCashFlow.Result(paid, owner);
    }
}
