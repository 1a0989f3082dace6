package compat.image;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Instant;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * Deletes an object of the cluster, once the time in the object's annotation has passed: whoever made it pushes that time
 * forward as long as it lives. It speaks to the API server as the service account of its Pod. Arguments: the object's path, and
 * what the deletion's query says, if anything.
 */
public final class Lifeline {
    private static final Path ACCOUNT = Paths.get("/var/run/secrets/kubernetes.io/serviceaccount");
    private static final Pattern DELETE_AFTER = Pattern.compile("\"corda-compat[.]delete-after\"\\s*:\\s*\"([^\"]+)\"");
    private static final int LIMIT_MS = 15_000;

    private Lifeline() {}

    public static void main(String[] args) throws Exception {
        SSLContext tls = trusting(ACCOUNT.resolve("ca.crt"));
        String host = System.getenv("KUBERNETES_SERVICE_HOST");
        String port = System.getenv("KUBERNETES_SERVICE_PORT");
        String name = host.contains(":") ? "[" + host + "]" : host;
        URL url = new URL("https://" + name + ":" + port + args[0]);
        Matcher found = DELETE_AFTER.matcher(call("GET", url, tls));
        if (!found.find()) {
            System.out.println(args[0] + " has no time after which it is deleted");
            return;
        }
        Instant after = Instant.parse(found.group(1));
        if (Instant.now().isBefore(after)) {
            System.out.println(args[0] + " is kept until " + after);
            return;
        }
        call("DELETE", args.length > 1 ? new URL(url + "?" + args[1]) : url, tls);
        System.out.println(args[0] + " is deleted: nobody has kept it since " + after);
    }

    private static String call(String method, URL url, SSLContext tls) throws IOException {
        HttpsURLConnection connection = (HttpsURLConnection) url.openConnection();
        connection.setSSLSocketFactory(tls.getSocketFactory());
        connection.setConnectTimeout(LIMIT_MS);
        connection.setReadTimeout(LIMIT_MS);
        connection.setRequestMethod(method);
        connection.setRequestProperty("Authorization", "Bearer " + text(Files.newInputStream(ACCOUNT.resolve("token"))).trim());
        connection.setRequestProperty("Accept", "application/json");
        int status = connection.getResponseCode();
        InputStream body = status < HttpURLConnection.HTTP_BAD_REQUEST ? connection.getInputStream() : connection.getErrorStream();
        String said = body == null ? "" : text(body);
        if (status >= HttpURLConnection.HTTP_BAD_REQUEST) throw new IOException(method + " " + url + ": " + status + " " + said);
        return said;
    }

    private static String text(InputStream stream) throws IOException {
        try (InputStream from = stream) {
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            byte[] buffer = new byte[8192];
            for (int read = from.read(buffer); read >= 0; read = from.read(buffer)) all.write(buffer, 0, read);
            return new String(all.toByteArray(), StandardCharsets.UTF_8);
        }
    }

    private static SSLContext trusting(Path authorities) throws Exception {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        int number = 0;
        try (InputStream from = Files.newInputStream(authorities)) {
            for (Certificate each : CertificateFactory.getInstance("X.509").generateCertificates(from)) {
                store.setCertificateEntry("authority-" + number++, each);
            }
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }
}
