package compat.driver;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import net.corda.core.contracts.ContractState;
import net.corda.core.contracts.StateAndRef;
import net.corda.core.contracts.StateRef;
import net.corda.core.messaging.CordaRPCOps;
import net.corda.core.node.services.Vault;
import net.corda.core.node.services.vault.PageSpecification;
import net.corda.core.node.services.vault.QueryCriteria;

/** Reads whole vaults, page by page: a query without pages refuses to answer beyond 200 states. */
final class Vaults {
    private static final int PAGE_SIZE = 500;
    /** Of reading all pages again because states moved between two of them. */
    private static final int READINGS = 10;

    private Vaults() {}

    /** Every unconsumed state of a type, as of one moment. */
    static <T extends ContractState> List<StateAndRef<T>> unconsumed(CordaRPCOps rpc, Class<T> type) throws Failure {
        for (int reading = 0; reading < READINGS; reading++) {
            List<StateAndRef<T>> states = read(rpc, type);
            if (states != null) {
                return states;
            }
        }
        throw Failure.noAnswer("the vault changed while it was read, " + READINGS + " times running; read it when no flow is in flight");
    }

    /** Null when the pages do not fit together. */
    private static <T extends ContractState> List<StateAndRef<T>> read(CordaRPCOps rpc, Class<T> type) {
        QueryCriteria criteria = new QueryCriteria.VaultQueryCriteria(Vault.StateStatus.UNCONSUMED);
        List<StateAndRef<T>> states = new ArrayList<>();
        Set<StateRef> seen = new HashSet<>();
        long total = -1;
        for (int page = 1; ; page++) {
            PageSpecification paging = new PageSpecification(page, PAGE_SIZE);
            Vault.Page<T> answer = rpc.vaultQueryByWithPagingSpec(type, criteria, paging);
            states.addAll(answer.getStates());
            for (StateAndRef<T> state : answer.getStates()) {
                seen.add(state.getRef());
            }
            boolean changed = total >= 0 && total != answer.getTotalStatesAvailable();
            if (changed || seen.size() != states.size()) {
                return null;
            }
            total = answer.getTotalStatesAvailable();
            boolean last = answer.getStates().size() < PAGE_SIZE || states.size() >= total;
            if (last) {
                return states.size() == total ? states : null;
            }
        }
    }
}
