package compat.zone;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;

/** One HTTP request as the routes see it. */
final class Call {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    /** What stands for the braces of the route's path; empty where it has none. */
    final String id;
    final byte[] body;
    final String platformVersion;
    final String clientVersion;
    /** Address of who asks. */
    final String host;

    Call(String id, byte[] body, String platformVersion, String clientVersion, String host) {
        this.id = id;
        this.body = body;
        this.platformVersion = platformVersion == null ? "" : platformVersion;
        this.clientVersion = clientVersion == null ? "" : clientVersion;
        this.host = host;
    }

    JsonNode json() throws Refusal {
        JsonNode json;
        try {
            json = MAPPER.readTree(body);
        } catch (IOException e) {
            throw Refusal.malformed("the body is no JSON: " + e.getMessage());
        }
        if (json == null || !json.isObject()) {
            throw Refusal.malformed("the body is no JSON object");
        }
        return json;
    }
}
