package compat.driver;

import com.fasterxml.jackson.databind.JsonNode;

/** A request's body, read with errors that name the field. */
final class Request {
    private static final long LOOK_MS = 30_000;

    private final JsonNode json;

    Request(JsonNode json) {
        this.json = json;
    }

    String text(String field) throws Failure {
        JsonNode value = json.path(field);
        if (!value.isTextual() || value.asText().isEmpty()) {
            throw Failure.request(field + ": a string is needed, not " + value);
        }
        return value.asText();
    }

    /** Null where it is left out. */
    String textOrNull(String field) throws Failure {
        return json.has(field) ? text(field) : null;
    }

    long positive(String field) throws Failure {
        JsonNode value = json.path(field);
        if (!value.canConvertToLong() || !value.isIntegralNumber() || value.asLong() <= 0) {
            throw Failure.request(field + ": a whole number above 0 is needed, not " + value);
        }
        return value.asLong();
    }

    long natural(String field) throws Failure {
        JsonNode value = json.path(field);
        if (!value.canConvertToLong() || !value.isIntegralNumber() || value.asLong() < 0) {
            throw Failure.request(field + ": a whole number from 0 is needed, not " + value);
        }
        return value.asLong();
    }

    /** False where it is left out. */
    boolean flag(String field) throws Failure {
        JsonNode value = json.path(field);
        if (!value.isMissingNode() && !value.isBoolean()) {
            throw Failure.request(field + ": true or false is needed, not " + value);
        }
        return value.asBoolean();
    }

    /** Of calls that only look. */
    long limitOrDefault() throws Failure {
        return json.has("limitMs") ? positive("limitMs") : LOOK_MS;
    }

    Iterable<JsonNode> list(String field) throws Failure {
        JsonNode value = json.path(field);
        if (!value.isArray()) {
            throw Failure.request(field + ": a list is needed, not " + value);
        }
        return value;
    }
}
