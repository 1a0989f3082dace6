package compat.zone;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;

/** What is answered. */
final class Reply {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    final int status;
    final String type;
    final byte[] body;
    /** Whether the answer is told to be asked for again. */
    final boolean polled;

    private Reply(int status, String type, byte[] body, boolean polled) {
        this.status = status;
        this.type = type;
        this.body = body;
        this.polled = polled;
    }

    static Reply text(int status, String text) {
        return new Reply(status, "text/plain; charset=utf-8", text.getBytes(StandardCharsets.UTF_8), false);
    }

    static Reply bytes(String type, byte[] body) {
        return new Reply(200, type, body, false);
    }

    static Reply json(JsonNode json) throws JsonProcessingException {
        return bytes("application/json; charset=utf-8", MAPPER.writeValueAsBytes(json));
    }

    /** Nothing to say. */
    static Reply empty(int status) {
        return new Reply(status, null, new byte[0], false);
    }

    /** With the number of seconds until who asks shall ask again. */
    Reply askAgain() {
        return new Reply(status, type, body, true);
    }
}
