package compat.zone;

import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;

/** What the zone counts, in Prometheus' text format. */
final class Metrics {
    private static final String PREFIX = "corda_compat_zone_";

    private final Doorman doorman;
    private final NodeInfos nodeInfos;
    private final ZoneParameters parameters;
    private final Acknowledgements acknowledgements;
    private final Map<String, Long> requests = new TreeMap<>();

    Metrics(Doorman doorman, NodeInfos nodeInfos, ZoneParameters parameters, Acknowledgements acknowledgements) {
        this.doorman = doorman;
        this.nodeInfos = nodeInfos;
        this.parameters = parameters;
        this.acknowledgements = acknowledgements;
    }

    /** @param route as it was written, so that ids do not make a series each */
    synchronized void answered(String route, int status) {
        requests.merge("{route=\"" + route + "\",status=\"" + status + "\"}", 1L, Long::sum);
    }

    String text() throws IOException {
        StringBuilder text = new StringBuilder();
        head(text, "certificate_requests", "gauge", "Certificate signing requests by what became of them.");
        for (CertificateRequest.State state : CertificateRequest.State.values()) {
            line(text, "certificate_requests", "{state=\"" + state.name().toLowerCase() + "\"}", doorman.count(state));
        }
        head(text, "node_infos", "gauge", "Nodes in the network map.");
        line(text, "node_infos", "", nodeInfos.all().size());
        head(text, "parameters_set", "gauge", "1 once there are network parameters.");
        line(text, "parameters_set", "", parameters.areSet() ? 1 : 0);
        head(text, "parameters_acknowledged", "gauge", "Nodes that have accepted the network parameters.");
        line(text, "parameters_acknowledged", "", acknowledgements.count());
        head(text, "http_requests_total", "counter", "HTTP requests by route and status.");
        synchronized (this) {
            requests.forEach((labels, count) -> line(text, "http_requests_total", labels, count));
        }
        return text.toString();
    }

    private static void head(StringBuilder text, String name, String type, String help) {
        text.append("# HELP ").append(PREFIX).append(name).append(' ').append(help).append('\n');
        text.append("# TYPE ").append(PREFIX).append(name).append(' ').append(type).append('\n');
    }

    private static void line(StringBuilder text, String name, String labels, long value) {
        text.append(PREFIX).append(name).append(labels).append(' ').append(value).append('\n');
    }
}
