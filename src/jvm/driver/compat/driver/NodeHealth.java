package compat.driver;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import net.corda.core.messaging.CordaRPCOps;
import net.corda.core.node.NodeInfo;

/** How a node is: HealthView of domain/driver-views.ts. */
final class NodeHealth {
    /** Of the clock: the one that took least tells best. */
    private static final int LOOKS = 3;

    private NodeHealth() {}

    static void write(NodeConnection node, ObjectNode into) throws Failure {
        CordaRPCOps rpc = node.rpc();
        long began = System.nanoTime();
        NodeInfo info = rpc.nodeInfo();
        into.put("answeredMs", TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began));
        into.put("platformVersion", info.getPlatformVersion());
        into.put("networkMapSize", rpc.networkMapSnapshot().size());
        Routes.parties(rpc.notaryIdentities().stream(), into.putArray("notaries"));
        into.put("clockOffsetMs", clockOffsetMs(rpc));
        if (node.jolokia != null) {
            JvmHealth.write(node.jolokia, into.putObject("jvm"));
        }
    }

    /** How far it is ahead of this driver's own, as if the node had looked half-way between question and answer. */
    private static long clockOffsetMs(CordaRPCOps rpc) {
        long offset = 0;
        long shortest = Long.MAX_VALUE;
        for (int look = 0; look < LOOKS; look++) {
            long asked = System.currentTimeMillis();
            long began = System.nanoTime();
            Instant theirs = rpc.currentNodeTime();
            long took = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
            if (took < shortest) {
                shortest = took;
                offset = theirs.toEpochMilli() - (asked + took / 2);
            }
        }
        return offset;
    }
}
