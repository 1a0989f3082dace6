package compat.driver;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import net.corda.core.flows.FlowLogic;
import net.corda.core.messaging.FlowHandle;

/** Starts flows at nodes and waits for their ends, each to its own limit. */
final class Flows {
    private final Limited limited;
    private final Metrics metrics;

    Flows(Limited limited, Metrics metrics) {
        this.limited = limited;
        this.metrics = metrics;
    }

    /** What is started where. */
    static final class Call {
        final NodeConnection node;
        /** The metric's word for it. */
        final String type;
        final String to;
        final String flow;

        Call(NodeConnection node, String type, String to, String flow) {
            this.node = node;
            this.type = type;
            this.to = to;
            this.flow = flow;
        }
    }

    /** Writes a flow's result into the answer. */
    interface Result {
        void write(Object result, ObjectNode into) throws ReflectiveOperationException;
    }

    ObjectNode run(Call call, long limitMs, Result result, Callable<Object[]> arguments) throws Failure {
        long began = System.nanoTime();
        metrics.running(call, 1);
        AtomicReference<String> started = new AtomicReference<>("the node did not say that it was started");
        try {
            ObjectNode answer = limited.call(
                    limitMs,
                    () -> startAndWait(call, result, arguments, started),
                    () -> call.type + " at " + call.node.id + ": no answer within " + Limited.seconds(limitMs) + "; " + started.get());
            long tookNanos = System.nanoTime() - began;
            answer.put("tookMs", TimeUnit.NANOSECONDS.toMillis(tookNanos));
            metrics.flow(call, "ok", tookNanos);
            return answer;
        } catch (Failure failure) {
            if (failure.kind != Failure.Kind.REQUEST) {
                String outcome = failure.kind == Failure.Kind.NO_ANSWER ? "no-answer" : "failed";
                metrics.flow(call, outcome, System.nanoTime() - began);
            }
            throw failure;
        } finally {
            metrics.running(call, -1);
        }
    }

    static Class<?> classOf(String name) throws Failure {
        try {
            return Class.forName(name);
        } catch (ClassNotFoundException e) {
            throw Failure.request("the CorDapps given to the driver have no class " + name);
        }
    }

    private static ObjectNode startAndWait(
            Call call, Result result, Callable<Object[]> arguments, AtomicReference<String> started)
            throws Exception {
        FlowHandle<?> handle = start(call, arguments.call());
        started.set("the flow " + handle.getId().getUuid() + " was started and may still end");
        try {
            ObjectNode answer = JsonNodeFactory.instance.objectNode();
            // The limit is the caller's, who interrupts this thread: a second one here could win and pass for the flow's own end.
            result.write(handle.getReturnValue().get(), answer);
            return answer;
        } catch (ExecutionException e) {
            throw Failure.flow(e);
        } finally {
            // Also for a flow that never ends: the node need not keep the result for us.
            handle.close();
        }
    }

    @SuppressWarnings("unchecked")
    private static FlowHandle<?> start(Call call, Object[] arguments) throws Failure {
        Class<? extends FlowLogic<Object>> flow = (Class<? extends FlowLogic<Object>>) classOf(call.flow).asSubclass(FlowLogic.class);
        try {
            return call.node.rpc().startFlowDynamic(flow, arguments);
        } catch (RuntimeException e) {
            throw Failure.flow(e);
        }
    }
}
