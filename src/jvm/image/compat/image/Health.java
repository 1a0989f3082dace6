package compat.image;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * HEALTHCHECK of every image: exit status 0 when the container listens. A node must listen on the ports that its node.conf
 * names for its peers and for RPC, anything else on some port. It looks into the kernel's tables: a connection that says
 * nothing would be a warning in the node's log.
 */
public final class Health {
    private static final Pattern PORT = Pattern.compile("\"?(p2pAddress|address)\"?\\s*[=:]\\s*\"?[^\"\\s,}]*:(\\d+)");
    /** State of a socket that listens. */
    private static final String LISTENS = "0A";
    /** 127.0.0.11 as the kernel writes it: the engine's own name server, in every container. */
    private static final String NAME_SERVER = "0B00007F";

    private Health() {}

    public static void main(String[] args) throws IOException {
        Set<Integer> open = new HashSet<>();
        for (String table : new String[] {"/proc/net/tcp", "/proc/net/tcp6"}) open.addAll(listening(Paths.get(table)));
        Set<Integer> wanted = portsOf(Paths.get("node.conf"));
        boolean healthy = wanted.isEmpty() ? !open.isEmpty() : open.containsAll(wanted);
        System.out.println((healthy ? "listens on " : "listens only on ") + open + (wanted.isEmpty() ? "" : ", wanted " + wanted));
        System.exit(healthy ? 0 : 1);
    }

    private static Set<Integer> listening(Path table) throws IOException {
        Set<Integer> ports = new HashSet<>();
        if (!Files.exists(table)) return ports;
        List<String> lines = Files.readAllLines(table, StandardCharsets.US_ASCII);
        for (String line : lines.subList(1, lines.size())) {
            String[] words = line.trim().split("\\s+");
            String[] local = words[1].split(":");
            if (words[3].equals(LISTENS) && !local[0].equals(NAME_SERVER)) ports.add(Integer.parseInt(local[1], 16));
        }
        return ports;
    }

    /** The node's own address for its peers and the first one of `rpcSettings`; none where there is no node.conf. */
    private static Set<Integer> portsOf(Path configuration) throws IOException {
        Set<Integer> ports = new TreeSet<>();
        if (!Files.exists(configuration)) return ports;
        String text = new String(Files.readAllBytes(configuration), StandardCharsets.UTF_8);
        int rpc = text.indexOf("rpcSettings");
        addPort(text, "p2pAddress", ports);
        if (rpc >= 0) addPort(text.substring(rpc), "address", ports);
        return ports;
    }

    private static void addPort(String text, String key, Set<Integer> ports) {
        Matcher matcher = PORT.matcher(text);
        while (matcher.find()) {
            if (!matcher.group(1).equals(key)) continue;
            ports.add(Integer.parseInt(matcher.group(2)));
            return;
        }
    }
}
