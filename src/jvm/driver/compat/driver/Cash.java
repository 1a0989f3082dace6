package compat.driver;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
import java.util.Currency;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import net.corda.core.contracts.Amount;
import net.corda.core.contracts.ContractState;
import net.corda.core.contracts.FungibleAsset;
import net.corda.core.contracts.Issued;
import net.corda.core.contracts.StateAndRef;
import net.corda.core.identity.AbstractParty;
import net.corda.core.identity.CordaX500Name;
import net.corda.core.identity.Party;
import net.corda.core.transactions.SignedTransaction;
import net.corda.core.utilities.OpaqueBytes;

/**
 * Corda's own finance CorDapp, named and not linked: its jars differ from release to release, and the driver compiles
 * without them.
 */
final class Cash {
    private static final OpaqueBytes ISSUE_REFERENCE = OpaqueBytes.of((byte) 1);
    private static final String STATE = "net.corda.finance.contracts.asset.Cash$State";
    /** By the names of their classes: signatures are none of 3.x. */
    private static final Map<String, String> CONSTRAINTS = new HashMap<>();

    static {
        CONSTRAINTS.put("AlwaysAcceptAttachmentConstraint", "always-accept");
        CONSTRAINTS.put("HashAttachmentConstraint", "hash");
        CONSTRAINTS.put("WhitelistedByZoneAttachmentConstraint", "whitelisted");
        CONSTRAINTS.put("SignatureAttachmentConstraint", "signature");
    }

    private final Flows flows;
    private final Nodes nodes;

    Cash(Flows flows, Nodes nodes) {
        this.flows = flows;
        this.nodes = nodes;
    }

    ObjectNode issue(Request request) throws Failure {
        NodeConnection node = nodes.get(request.text("node"));
        String notary = request.text("notary");
        Amount<Currency> amount = amount(request);
        Flows.Call call = new Flows.Call(node, "issue", node.id, "net.corda.finance.flows.CashIssueFlow");
        return flows.run(call, request.positive("limitMs"), Cash::transactionOf, () -> new Object[] {
            amount, ISSUE_REFERENCE, node.party(notary)
        });
    }

    ObjectNode pay(Request request) throws Failure {
        NodeConnection node = nodes.get(request.text("node"));
        String to = request.text("to");
        boolean anonymous = request.flag("anonymous");
        Amount<Currency> amount = amount(request);
        Flows.Call call = new Flows.Call(node, "pay", nodes.labelOf(to), "net.corda.finance.flows.CashPaymentFlow");
        String notary = request.textOrNull("notary");
        return flows.run(call, request.positive("limitMs"), Cash::transactionOf, () -> notary == null || !takesNotary(call.flow)
                ? new Object[] {amount, node.party(to), anonymous}
                : new Object[] {amount, node.party(to), anonymous, node.party(notary)});
    }

    /** The flow of 3.x takes coins whatever their notary. */
    private static boolean takesNotary(String flow) throws Failure {
        return Stream.of(Flows.classOf(flow).getConstructors())
                .anyMatch(each -> Arrays.equals(each.getParameterTypes(), new Class<?>[] {Amount.class, Party.class, boolean.class, Party.class}));
    }

    ObjectNode exit(Request request) throws Failure {
        NodeConnection node = nodes.get(request.text("node"));
        Amount<Currency> amount = amount(request);
        Flows.Call call = new Flows.Call(node, "exit", node.id, "net.corda.finance.flows.CashExitFlow");
        return flows.run(call, request.positive("limitMs"), Cash::transactionOf, () -> new Object[] {
            amount, ISSUE_REFERENCE
        });
    }

    static void vault(NodeConnection node, ArrayNode into) throws Failure {
        Class<? extends ContractState> type = Flows.classOf(STATE).asSubclass(ContractState.class);
        for (StateAndRef<? extends ContractState> state : Vaults.unconsumed(node.rpc(), type)) {
            write(node, state, into.addObject());
        }
    }

    private static void write(NodeConnection node, StateAndRef<? extends ContractState> state, ObjectNode into) {
        FungibleAsset<?> asset = (FungibleAsset<?>) state.getState().getData();
        Issued<?> token = asset.getAmount().getToken();
        into.put("transaction", state.getRef().getTxhash().toString());
        into.put("index", state.getRef().getIndex());
        into.put("amount", asset.getAmount().getQuantity());
        into.put("currency", ((Currency) token.getProduct()).getCurrencyCode());
        into.put("issuer", nameOf(node, token.getIssuer().getParty()));
        into.put("owner", nameOf(node, asset.getOwner()));
        if (asset.getOwner().nameOrNull() == null) {
            into.put("anonymous", true);
        }
        into.put("notary", state.getState().getNotary().getName().toString());
        String constraint = CONSTRAINTS.get(state.getState().getConstraint().getClass().getSimpleName());
        if (constraint != null) {
            into.put("constraint", constraint);
        }
    }

    private static String nameOf(NodeConnection node, AbstractParty party) {
        CordaX500Name name = party.nameOrNull();
        if (name == null) {
            Party known = node.rpc().wellKnownPartyFromAnonymous(party);
            name = known == null ? null : known.getName();
        }
        return name == null ? "anonymous " + party.getOwningKey().hashCode() : name.toString();
    }

    private static Amount<Currency> amount(Request request) throws Failure {
        String code = request.text("currency");
        try {
            return new Amount<>(request.positive("amount"), Currency.getInstance(code));
        } catch (IllegalArgumentException e) {
            throw Failure.request("currency: \"" + code + "\" is no ISO 4217 code");
        }
    }

    /** The flows' result class lies in the finance jars. */
    private static void transactionOf(Object result, ObjectNode into) throws ReflectiveOperationException {
        SignedTransaction transaction = (SignedTransaction) result.getClass().getMethod("getStx").invoke(result);
        into.put("transaction", transaction.getId().toString());
    }
}
