package compat.image;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * Init of a node and of a notary: lets the node of this image register with the doorman that its node.conf names, unless it
 * has done so already. Where it is to be the network's notary (COMPAT_DOORMAN_TOKEN is set), it then makes the network's
 * parameters with it: whoever registers later finds them. Status 2: a variable is missing or wrong.
 */
public final class Register {
    /** The node's program with the arguments of a registration, one a line; made with the image. */
    private static final String COMMAND = "/opt/corda/registration";
    private static final int LIMIT_MS = 30_000;

    private final String doorman = variable("COMPAT_DOORMAN", "https?://.+", "the doorman's URL");
    private final String minimum = variable("COMPAT_MINIMUM_PLATFORM_VERSION", "[1-9][0-9]*", "that of the network's oldest node");
    private final String validating = variable("COMPAT_NOTARY_VALIDATING", "true|false", "true or false");

    private Register() {}

    public static void main(String[] args) throws Exception {
        // What is wrong is told before the node's JVMs take their half minute.
        Register network = System.getenv("COMPAT_DOORMAN_TOKEN") == null ? null : new Register();
        if (only("nodeInfo-*") == null) {
            List<String> command = Files.readAllLines(Paths.get(COMMAND), StandardCharsets.UTF_8);
            int status = new ProcessBuilder(command).inheritIO().start().waitFor();
            if (status != 0) System.exit(status);
        }
        Path nodeInfo = only("nodeInfo-*");
        if (nodeInfo == null) throw new IOException("the registration has written no nodeInfo-* into " + Paths.get("").toAbsolutePath());
        System.out.println("registered: " + nodeInfo);
        if (network != null) network.makeWith(nodeInfo);
    }

    private void makeWith(Path nodeInfo) throws IOException {
        // After a restart the parameters are there: then nothing more can be added to them, and nothing has to be.
        boolean areSet = !call("GET", doorman + "/admin/status", new byte[0]).replaceAll("\\s", "").contains("\"parameters\":null");
        if (!areSet) {
            for (Path cordapp : cordapps()) System.out.println(cordapp + ": " + call("POST", doorman + "/admin/cordapps", Files.readAllBytes(cordapp)));
        }
        String info = Base64.getEncoder().encodeToString(Files.readAllBytes(nodeInfo));
        String request = "{\"minimumPlatformVersion\":" + minimum + ",\"notaries\":[{\"nodeInfo\":\"" + info + "\",\"validating\":" + validating + "}]}";
        System.out.println("network: " + call("POST", doorman + "/admin/parameters", request.getBytes(StandardCharsets.UTF_8)));
    }

    /** Contracts of unsigned ones go into the network's whitelist, and may extend classes of signed ones. */
    private static List<Path> cordapps() throws IOException {
        List<Path> found = new ArrayList<>();
        Path folder = Paths.get("cordapps");
        if (!Files.isDirectory(folder)) return found;
        try (DirectoryStream<Path> jars = Files.newDirectoryStream(folder, "*.jar")) {
            for (Path jar : jars) found.add(jar);
        }
        return found;
    }

    private static String call(String method, String url, byte[] body) throws IOException {
        HttpURLConnection connection = (HttpURLConnection) new URL(url).openConnection();
        connection.setRequestMethod(method);
        connection.setConnectTimeout(LIMIT_MS);
        connection.setReadTimeout(LIMIT_MS);
        connection.setRequestProperty("X-Compat-Token", System.getenv("COMPAT_DOORMAN_TOKEN"));
        if (body.length > 0) {
            connection.setDoOutput(true);
            try (OutputStream out = connection.getOutputStream()) {
                out.write(body);
            }
        }
        int status = connection.getResponseCode();
        String answer = read(status < 400 ? connection.getInputStream() : connection.getErrorStream());
        if (status >= 400) throw new IOException(method + " " + url + " was refused (" + status + "): " + answer);
        return answer;
    }

    private static String read(InputStream in) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        byte[] buffer = new byte[4096];
        for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) out.write(buffer, 0, read);
        return out.toString("UTF-8");
    }

    private static String variable(String name, String pattern, String meaning) {
        String value = System.getenv(name);
        if (value != null && value.matches(pattern)) return value;
        System.err.println(name + " is " + (value == null ? "not set" : value) + ": it must be " + meaning);
        System.exit(2);
        return "";
    }

    private static Path only(String pattern) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(Paths.get(""), pattern)) {
            for (Path file : files) return file;
            return null;
        }
    }
}
