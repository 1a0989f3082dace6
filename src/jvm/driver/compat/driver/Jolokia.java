package compat.driver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.MalformedURLException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** The Jolokia agent in a node's JVM: reads its MBeans. */
final class Jolokia {
    private static final int LIMIT_MS = 10_000;
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final URL url;
    private final String login;

    /** @throws Failure {@code request} where it is no address */
    Jolokia(String url, String user, String password) throws Failure {
        try {
            this.url = new URL(url);
        } catch (MalformedURLException e) {
            throw Failure.request("jolokia: \"" + url + "\" is no URL: " + e.getMessage());
        }
        login = "Basic " + Base64.getEncoder().encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
    }

    /** Some attributes of an MBean, or of all whose names are of a pattern: not all can be read of all. */
    static final class Wanted {
        final String mbean;
        final String[] attributes;

        Wanted(String mbean, String... attributes) {
            this.mbean = mbean;
            this.attributes = attributes;
        }
    }

    /**
     * Reads all at once.
     *
     * @return for each, its attributes by their names, of a pattern by the MBean's name first; missing where there is no such MBean
     * @throws Failure {@code rpc} where the agent does not answer
     */
    JsonNode[] read(Wanted... all) throws Failure {
        JsonNode answers = post(requests(all));
        JsonNode[] values = new JsonNode[all.length];
        for (int i = 0; i < all.length; i++) {
            values[i] = answers.path(i).path("value");
        }
        return values;
    }

    @Override
    public String toString() {
        return url.toString();
    }

    private static JsonNode requests(Wanted[] all) {
        ArrayNode requests = MAPPER.createArrayNode();
        for (Wanted wanted : all) {
            ObjectNode request = requests.addObject().put("type", "read").put("mbean", wanted.mbean);
            ArrayNode attributes = request.putArray("attribute");
            for (String attribute : wanted.attributes) {
                attributes.add(attribute);
            }
        }
        return requests;
    }

    private JsonNode post(JsonNode body) throws Failure {
        try {
            HttpURLConnection connection = (HttpURLConnection) url.openConnection();
            connection.setConnectTimeout(LIMIT_MS);
            connection.setReadTimeout(LIMIT_MS);
            connection.setDoOutput(true);
            connection.setRequestProperty("Authorization", login);
            connection.setRequestProperty("Content-Type", "application/json");
            try (OutputStream out = connection.getOutputStream()) {
                out.write(MAPPER.writeValueAsBytes(body));
            }
            try (InputStream in = connection.getInputStream()) {
                return MAPPER.readTree(in);
            }
        } catch (IOException e) {
            throw Failure.rpc("the Jolokia agent at " + url + " does not answer: " + e.getMessage(), e);
        }
    }
}
