package compat.zone;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import net.corda.core.identity.CordaX500Name;
import net.corda.core.identity.Party;
import net.corda.core.node.NotaryInfo;
import net.corda.core.utilities.NetworkHostAndPort;

/** What whoever runs the zone asks, in JSON, with the token. */
final class AdminRoutes {
    private final Doorman doorman;
    private final NodeInfoCheck check;
    private final NodeInfos nodeInfos;
    private final ZoneParameters parameters;

    AdminRoutes(Doorman doorman, NodeInfoCheck check, NodeInfos nodeInfos, ZoneParameters parameters) {
        this.doorman = doorman;
        this.check = check;
        this.nodeInfos = nodeInfos;
        this.parameters = parameters;
    }

    void addTo(Routes routes) {
        routes.add("GET /admin/status", call -> Reply.json(status()));
        routes.add("POST /admin/approvals", this::approve);
        routes.add("POST /admin/refusals", call -> Reply.json(
                doorman.refuse(text(call.json(), "id"), text(call.json(), "reason")).view()));
        routes.add("POST /admin/cordapps", call ->
                Reply.json(object().put("sha256", parameters.addCordapp(call.body).toString().toLowerCase())));
        routes.add("POST /admin/parameters", this::setParameters);
    }

    private ObjectNode status() throws Refusal {
        ObjectNode status = object();
        status.put("parameters", parameters.areSet() ? parameters.hash().toString() : null);
        ArrayNode requests = status.putArray("requests");
        doorman.all().forEach(request -> requests.add(request.view()));
        ArrayNode nodes = status.putArray("nodes");
        for (Published published : nodeInfos.all()) {
            ObjectNode node = nodes.addObject();
            node.put("name", published.name());
            node.put("hash", published.hash.toString());
            node.put("platformVersion", published.info.getPlatformVersion());
            node.put("serial", published.info.getSerial());
            ArrayNode addresses = node.putArray("addresses");
            for (NetworkHostAndPort address : published.info.getAddresses()) {
                addresses.add(address.toString());
            }
        }
        return status;
    }

    private Reply approve(Call call) throws Exception {
        List<CordaX500Name> names = new ArrayList<>();
        for (JsonNode name : list(call.json(), "names")) {
            try {
                names.add(CordaX500Name.parse(name.asText()));
            } catch (IllegalArgumentException e) {
                throw Refusal.malformed("names: \"" + name.asText() + "\" is none that Corda accepts: " + e.getMessage());
            }
        }
        ArrayNode decided = JsonNodeFactory.instance.arrayNode();
        doorman.approve(names).forEach(request -> decided.add(request.view()));
        ObjectNode answer = object();
        answer.set("decided", decided);
        return Reply.json(answer);
    }

    private Reply setParameters(Call call) throws Exception {
        JsonNode json = call.json();
        JsonNode minimum = json.path("minimumPlatformVersion");
        if (!minimum.isInt() || minimum.asInt() < 1) {
            throw Refusal.malformed("minimumPlatformVersion: a whole number above 0 is needed, not " + minimum);
        }
        List<NotaryInfo> notaries = new ArrayList<>();
        for (JsonNode notary : list(json, "notaries")) {
            notaries.add(notaryOf(notary));
        }
        String hash = parameters.set(minimum.asInt(), notaries).toString();
        return Reply.json(object().put("parameters", hash));
    }

    /** The identity that notarises is the last one: the service's, where it has one of its own. */
    private NotaryInfo notaryOf(JsonNode json) throws Refusal {
        byte[] nodeInfo;
        try {
            nodeInfo = Base64.getDecoder().decode(text(json, "nodeInfo"));
        } catch (IllegalArgumentException e) {
            throw Refusal.malformed("nodeInfo: no Base64: " + e.getMessage());
        }
        List<Party> identities = check.check(nodeInfo).info.getLegalIdentities();
        return new NotaryInfo(identities.get(identities.size() - 1), json.path("validating").asBoolean());
    }

    private static String text(JsonNode json, String field) throws Refusal {
        JsonNode value = json.path(field);
        if (!value.isTextual() || value.asText().isEmpty()) {
            throw Refusal.malformed(field + ": a string is needed, not " + value);
        }
        return value.asText();
    }

    private static JsonNode list(JsonNode json, String field) throws Refusal {
        JsonNode value = json.path(field);
        if (!value.isArray()) {
            throw Refusal.malformed(field + ": a list is needed, not " + value);
        }
        return value;
    }

    private static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }
}
