package compat.minter;

import compat.common.InputException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.List;

/** What is to be minted: the JSON that zone/mint.ts writes to standard input. */
final class Spec {
    /** Null: the lowest platform version of the nodes. */
    final Integer minimumPlatformVersion;
    final List<NodeSpec> nodes = new ArrayList<>();
    final List<Path> cordapps = new ArrayList<>();

    private Spec(JsonNode json) throws InputException {
        JsonNode minimum = json.path("minimumPlatformVersion");
        minimumPlatformVersion = minimum.isInt() ? minimum.asInt() : null;
        for (JsonNode node : json.path("nodes")) {
            nodes.add(new NodeSpec(node));
        }
        for (JsonNode jar : json.path("cordapps")) {
            cordapps.add(Paths.get(jar.asText()));
        }
        if (nodes.isEmpty()) {
            throw new InputException("nodes: a network has at least one node");
        }
    }

    static Spec read(InputStream in) throws InputException {
        JsonNode json;
        try {
            json = new ObjectMapper().readTree(in);
        } catch (IOException e) {
            throw new InputException("the spec on standard input is no JSON: " + e.getMessage(), e);
        }
        if (json == null || !json.isObject()) {
            throw new InputException("the spec on standard input is no JSON object");
        }
        return new Spec(json);
    }

    static String text(JsonNode json, String field) throws InputException {
        JsonNode value = json.path(field);
        if (!value.isTextual()) {
            throw new InputException(field + ": a string is needed, not " + value);
        }
        return value.asText();
    }

    static int number(JsonNode json, String field) throws InputException {
        JsonNode value = json.path(field);
        if (!value.isInt()) {
            throw new InputException(field + ": a whole number is needed, not " + value);
        }
        return value.asInt();
    }
}
