import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.nio.file.StandardCopyOption;

/** Stands for a node where only its process matters; its words are described in src/harness/providers/conformance.ts. */
public final class TinyNode {
    private static final java.util.List<Object> EATEN = new java.util.ArrayList<>();
    private static volatile String agentOptions = "none";

    private TinyNode() {}

    public static void premain(String options) {
        agentOptions = options;
    }

    public static void main(String[] words) throws Exception {
        // A node is told its base directory; a service is started in its own.
        boolean isNode = words.length >= 2 && words[words.length - 2].equals("--base-directory");
        Path base = Paths.get(isNode ? words[words.length - 1] : "").toAbsolutePath();
        for (int i = 0; i < (isNode ? words.length - 2 : words.length); i++) {
            switch (words[i]) {
                case "say": System.out.write((words[++i] + "\n").getBytes(StandardCharsets.UTF_8)); System.out.flush(); break;
                case "listen": listen(words[++i].split(":")); break;
                case "env": System.out.println(words[++i] + "=" + System.getenv(words[i])); break;
                case "stubborn": ignoreSigterm(); break;
                case "write": write(base.resolve(words[++i]), words[++i]); break;
                case "read": System.out.write(Files.readAllBytes(base.resolve(words[++i]))); System.out.println(); break;
                case "child": child(base); break;
                case "describe": describe(words); break;
                case "tick": tick(Integer.parseInt(words[++i])); break;
                case "eat": eat(Integer.parseInt(words[++i])); break;
                case "exit": System.exit(Integer.parseInt(words[++i])); break;
                default: throw new IllegalArgumentException(words[i]);
            }
        }
        Thread.sleep(Long.MAX_VALUE);
    }

    /** Twenty lines a second, several at once. */
    private static void tick(int times) throws InterruptedException {
        for (int i = 1; i <= times; i++) {
            System.out.println("tick " + i);
            if (i % 4 == 0) Thread.sleep(200);
        }
    }

    private static void listen(String[] address) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(address[0], Integer.parseInt(address[1])), 0);
        server.setExecutor(java.util.concurrent.Executors.newCachedThreadPool());
        server.createContext("/", exchange -> {
            String query = String.valueOf(exchange.getRequestURI().getQuery());
            if (query.equals("drip")) drip(exchange);
            if (query.startsWith("hold=")) {
                System.out.println("holding");
                hold(Integer.parseInt(query.substring(5)));
            }
            byte[] body = "tiny node".getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
    }

    /** Bit by bit, until nobody listens any more. */
    private static void drip(HttpExchange exchange) throws IOException {
        exchange.sendResponseHeaders(200, 0);
        try {
            while (true) {
                exchange.getResponseBody().write('.');
                exchange.getResponseBody().flush();
                hold(0.05);
            }
        } catch (IOException e) {
            System.out.println("cut off");
            throw e;
        }
    }

    private static void hold(double seconds) throws IOException {
        try {
            Thread.sleep((long) (seconds * 1000));
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    /** A shutdown hook that never ends keeps the JVM: as a node does whose shutdown hangs. */
    private static void ignoreSigterm() {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            while (true) {
                try {
                    Thread.sleep(Long.MAX_VALUE);
                } catch (InterruptedException ignored) {
                    continue;
                }
            }
        }));
    }

    /** All at once: a cluster may begin a program anew that has just ended, and what is read meanwhile must not be half of it. */
    private static void write(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Path part = file.resolveSibling(file.getFileName() + ".part");
        Files.write(part, text.getBytes(StandardCharsets.UTF_8));
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
    }

    /** A process that does not end by SIGTERM and that nobody waits for; its number goes to `child.pid`. */
    private static void child(Path base) throws Exception {
        String pidFile = base.resolve("child.pid").toString();
        String script = "trap '' TERM; echo $$ > '" + pidFile + ".part'; mv '" + pidFile + ".part' '" + pidFile + "'; while :; do sleep 1000; done";
        new ProcessBuilder("sh", "-c", script).inheritIO().start();
        while (!Files.exists(Paths.get(pidFile))) Thread.sleep(5);
    }

    /** Megabytes beside the heap, kept. */
    private static void eat(int megabytes) {
        for (int i = 0; i < megabytes; i++) EATEN.add(java.nio.ByteBuffer.allocateDirect(1 << 20));
    }

    private static void describe(String[] words) {
        System.out.println("agent=" + agentOptions);
        System.out.println("cwd=" + System.getProperty("user.dir"));
        System.out.println("tmp=" + System.getProperty("java.io.tmpdir"));
        System.out.println("property=" + System.getProperty("tiny.property"));
        System.out.println("classpath=" + System.getProperty("java.class.path"));
        System.out.println("arguments=" + String.join(" ", words));
        System.getenv().forEach((name, value) -> System.out.println("env " + name + "=" + value));
        try {
            System.out.println("stdin=" + System.in.read());
        } catch (IOException e) {
            System.out.println("stdin=" + e);
        }
    }
}
