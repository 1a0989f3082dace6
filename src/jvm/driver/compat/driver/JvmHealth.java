package compat.driver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import compat.driver.Jolokia.Wanted;
import java.util.Iterator;

/** What a node's JVM says of itself: JvmView of domain/driver-views.ts. What a release does not count is left out. */
final class JvmHealth {
    private static final Wanted MEMORY = new Wanted("java.lang:type=Memory", "HeapMemoryUsage");
    private static final Wanted MEMORY_POOLS = new Wanted("java.lang:type=MemoryPool,name=*", "Type", "CollectionUsage");
    private static final Wanted RUNTIME = new Wanted("java.lang:type=Runtime", "Uptime");
    private static final Wanted THREADS = new Wanted("java.lang:type=Threading", "ThreadCount");
    private static final Wanted COLLECTORS =
            new Wanted("java.lang:type=GarbageCollector,name=*", "CollectionCount", "CollectionTime");
    /** Corda hands its pool the registry of its own figures, so they are not in HikariCP's own domain. */
    private static final Wanted CONNECTIONS = new Wanted("net.corda:type=HikariPool-*,name=pool.*Connections", "Value");
    private static final Wanted IN_FLIGHT = new Wanted("net.corda:type=Flows,name=InFlight", "Value");
    private static final Wanted STARTED = new Wanted("net.corda:type=Flows,name=Started", "Count");
    private static final Wanted FINISHED = new Wanted("net.corda:type=Flows,name=Finished", "Count");

    private JvmHealth() {}

    /** @throws Failure {@code rpc} where the agent does not answer, or not with what every JVM has */
    static void write(Jolokia jolokia, ObjectNode into) throws Failure {
        JsonNode[] read = jolokia.read(
                MEMORY, MEMORY_POOLS, RUNTIME, THREADS, COLLECTORS, CONNECTIONS, IN_FLIGHT, STARTED, FINISHED);
        JsonNode heap = read[0].path("HeapMemoryUsage");
        if (!heap.has("used")) {
            String subject = "the Jolokia agent at " + jolokia + " does not say how much memory is used";
            throw Failure.rpc(subject, new IllegalStateException("it says " + read[0]));
        }
        into.put("heapUsedBytes", heap.path("used").asLong());
        into.put("heapMaxBytes", heap.path("max").asLong());
        into.put("heapLiveBytes", live(read[1]));
        into.put("uptimeMs", read[2].path("Uptime").asLong());
        into.put("threads", read[3].path("ThreadCount").asLong());
        into.put("collections", sum(read[4], "CollectionCount"));
        into.put("collectionsMs", sum(read[4], "CollectionTime"));
        pool(read[5], into);
        flows(read[6].path("Value"), read[7].path("Count"), read[8].path("Count"), into);
    }

    private static long live(JsonNode pools) {
        long sum = 0;
        for (JsonNode pool : pools) {
            if (pool.path("Type").asText().equals("HEAP")) {
                sum += pool.path("CollectionUsage").path("used").asLong();
            }
        }
        return sum;
    }

    private static void pool(JsonNode connections, ObjectNode into) {
        JsonNode active = connections("Active", connections);
        if (active.isMissingNode()) {
            return;
        }
        ObjectNode pool = into.putObject("pool");
        pool.set("active", active);
        pool.set("total", connections("Total", connections));
        pool.set("waiting", connections("Pending", connections));
        JsonNode max = connections("Max", connections);
        if (!max.isMissingNode()) {
            pool.set("max", max);
        }
    }

    private static void flows(JsonNode inFlight, JsonNode started, JsonNode finished, ObjectNode into) {
        if (inFlight.isMissingNode()) {
            return;
        }
        ObjectNode flows = into.putObject("flows");
        flows.set("inFlight", inFlight);
        flows.set("started", started);
        flows.set("finished", finished);
    }

    /** The figure of one MBean, the keys in whose name stand in no certain order. */
    private static JsonNode connections(String which, JsonNode mbeans) {
        for (Iterator<String> mbean = mbeans.fieldNames(); mbean.hasNext(); ) {
            String name = mbean.next();
            if (name.contains("name=pool." + which + "Connections")) {
                return mbeans.path(name).path("Value");
            }
        }
        return MissingNode.getInstance();
    }

    private static long sum(JsonNode mbeans, String attribute) {
        long sum = 0;
        for (JsonNode mbean : mbeans) {
            sum += mbean.path(attribute).asLong();
        }
        return sum;
    }
}
