package compat.driver;

import net.corda.core.utilities.NetworkHostAndPort;

/**
 * Loads what a first connection needs while the nodes are still starting: an RPC client that fails to reach anybody has by
 * then set up serialization and messaging, which is most of a first connection's time.
 */
final class WarmUp implements Runnable {
    /** Nobody listens on port 1 (tcpmux); if somebody does, the log-in fails just as well. */
    private static final NetworkHostAndPort NOBODY = new NetworkHostAndPort("127.0.0.1", 1);
    private static final String[] CLASSES = {
        "org.h2.Driver",
        "net.corda.finance.flows.CashIssueFlow",
        "net.corda.finance.flows.CashPaymentFlow",
        "net.corda.finance.contracts.asset.Cash$State",
    };

    @Override
    public void run() {
        for (String name : CLASSES) {
            attempt(() -> Class.forName(name));
        }
        attempt(() -> RpcClients.to(NOBODY).start("nobody", "nothing"));
    }

    private interface Step {
        Object run() throws Throwable;
    }

    /** Whatever fails here fails again, and is told, when it is needed. */
    private static void attempt(Step step) {
        try {
            step.run();
        } catch (Throwable e) {
            // As said.
        }
    }
}
