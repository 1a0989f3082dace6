package compat.driver;

import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Counters of this driver, in Prometheus' text format. */
final class Metrics {
    private static final double[] BUCKETS = {0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};

    private final Map<String, Long> flows = new TreeMap<>();
    /** Of what is waited for now; what was once stays with 0. */
    private final Map<String, Long> running = new TreeMap<>();
    private final Map<String, Long> errors = new TreeMap<>();
    private final Map<String, Histogram> seconds = new TreeMap<>();

    private static final class Histogram {
        final long[] counts = new long[BUCKETS.length];
        long count;
        double sum;
    }

    /** @param change 1 when a flow begins to be waited for, -1 when it is no longer */
    synchronized void running(Flows.Call call, long change) {
        running.merge(way(call), change, Long::sum);
    }

    synchronized void flow(Flows.Call call, String outcome, long nanos) {
        String way = way(call);
        flows.merge(way + "," + labels("outcome", outcome), 1L, Long::sum);
        if (outcome.equals("no-answer")) {
            // How long nobody answered says nothing about how long answers take.
            return;
        }
        Histogram histogram = seconds.computeIfAbsent(way, missing -> new Histogram());
        double took = nanos / 1e9;
        histogram.count++;
        histogram.sum += took;
        for (int i = 0; i < BUCKETS.length; i++) {
            if (took <= BUCKETS[i]) {
                histogram.counts[i]++;
            }
        }
    }

    synchronized void error(Failure failure) {
        errors.merge(labels("kind", failure.kind.word, "class", failure.countedAs), 1L, Long::sum);
    }

    synchronized String text() {
        StringBuilder text = new StringBuilder();
        head(text, "corda_compat_flows_total", "counter", "Flows by type, from, to and outcome (ok, failed, no-answer).");
        flows.forEach((labels, count) -> line(text, "corda_compat_flows_total", labels, Long.toString(count)));
        head(text, "corda_compat_flows_running", "gauge", "Flows that are waited for now, by type, from and to.");
        running.forEach((labels, count) -> line(text, "corda_compat_flows_running", labels, Long.toString(count)));
        head(text, "corda_compat_errors_total", "counter", "Calls that ended with an error, by kind and exception class.");
        errors.forEach((labels, count) -> line(text, "corda_compat_errors_total", labels, Long.toString(count)));
        head(text, "corda_compat_flow_seconds", "histogram", "How long flows took that ended.");
        seconds.forEach((labels, histogram) -> histogram(text, labels, histogram));
        return text.toString();
    }

    private static String way(Flows.Call call) {
        return labels("type", call.type, "from", call.node.id, "to", call.to);
    }

    private static void histogram(StringBuilder text, String labels, Histogram histogram) {
        for (int i = 0; i < BUCKETS.length; i++) {
            String bucket = labels + "," + labels("le", Double.toString(BUCKETS[i]));
            line(text, "corda_compat_flow_seconds_bucket", bucket, Long.toString(histogram.counts[i]));
        }
        String total = Long.toString(histogram.count);
        line(text, "corda_compat_flow_seconds_bucket", labels + "," + labels("le", "+Inf"), total);
        line(text, "corda_compat_flow_seconds_sum", labels, String.format(Locale.ROOT, "%.6f", histogram.sum));
        line(text, "corda_compat_flow_seconds_count", labels, total);
    }

    private static void head(StringBuilder text, String name, String type, String help) {
        text.append("# HELP ").append(name).append(' ').append(help).append('\n');
        text.append("# TYPE ").append(name).append(' ').append(type).append('\n');
    }

    private static void line(StringBuilder text, String name, String labels, String value) {
        text.append(name).append('{').append(labels).append("} ").append(value).append('\n');
    }

    private static String labels(String... namesAndValues) {
        String[] pairs = new String[namesAndValues.length / 2];
        for (int i = 0; i < pairs.length; i++) {
            String value = namesAndValues[2 * i + 1].replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
            pairs[i] = namesAndValues[2 * i] + "=\"" + value + "\"";
        }
        return String.join(",", Arrays.asList(pairs));
    }
}
