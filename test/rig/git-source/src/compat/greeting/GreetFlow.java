package compat.greeting;

import co.paralleluniverse.fibers.Suspendable;
import net.corda.core.flows.FlowLogic;
import net.corda.core.flows.StartableByRPC;

/** Says who runs it. */
@StartableByRPC
public final class GreetFlow extends FlowLogic<String> {
    @Override
    @Suspendable
    public String call() {
        return "Greetings from " + getOurIdentity().getName();
    }
}
