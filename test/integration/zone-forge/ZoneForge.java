import compat.common.Certificates;
import compat.common.Serialization;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipInputStream;
import javax.security.auth.x500.X500Principal;
import net.corda.core.crypto.Crypto;
import net.corda.core.crypto.DigitalSignature;
import net.corda.core.crypto.SecureHash;
import net.corda.core.crypto.SignedData;
import net.corda.core.identity.PartyAndCertificate;
import net.corda.core.internal.CertRole;
import net.corda.core.internal.SignedDataWithCert;
import net.corda.core.node.NetworkParameters;
import net.corda.core.node.NodeInfo;
import net.corda.core.serialization.SerializedBytes;
import net.corda.core.utilities.NetworkHostAndPort;
import net.corda.nodeapi.internal.SignedNodeInfo;
import net.corda.nodeapi.internal.crypto.CertificateAndKeyPair;
import net.corda.nodeapi.internal.crypto.CertificateType;
import net.corda.nodeapi.internal.crypto.X509KeyStore;
import net.corda.nodeapi.internal.crypto.X509Utilities;
import net.corda.nodeapi.internal.network.NetworkMap;
import net.corda.nodeapi.internal.network.NetworkMapKt;

/**
 * Makes what nodes send to a zone, true and forged, with Corda's own classes. One command a line, words parted by tabs; one line is
 * answered: `ok` and a text, or `error` and why. Keys are named and made when they are first used.
 */
public final class ZoneForge {
    private static final Map<String, KeyPair> AUTHORITIES = new HashMap<>();
    private static final Map<String, KeyPair> IDENTITIES = new HashMap<>();
    private static Serialization serialization;

    private ZoneForge() {}

    public static void main(String[] none) throws Exception {
        serialization = Serialization.start();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String answer;
            try {
                answer = "ok " + answer(line.split("\t"));
            } catch (Throwable e) {
                answer = "error " + e;
            }
            System.out.println(answer.replace('\n', ' '));
            System.out.flush();
        }
        System.exit(0);
    }

    private static String answer(String[] words) throws Exception {
        switch (words[0]) {
            case "csr": return base64(csr(words[1], CertRole.valueOf(words[2]), words[3]));
            case "node-info": return base64(nodeInfo(words[1], Long.parseLong(words[2]), words[3], chain(words[4]), words[5]));
            case "foreign-node-info": return base64(foreign(words[1]));
            case "acknowledge": return base64(acknowledge(words[1], words[2]));
            case "network-map": return networkMap(bytes(words[1]), Paths.get(words[2]));
            case "trust-store": return trustStore(Paths.get(words[1]));
            case "parameters": return parameters(bytes(words[1]), Paths.get(words[2]));
            default: throw new IllegalArgumentException(words[0]);
        }
    }

    private static byte[] csr(String key, CertRole role, String name) throws Exception {
        X500Principal subject = new X500Principal(name);
        return X509Utilities.INSTANCE.createCertificateSigningRequest(subject, "a@b.c", authority(key), role).getEncoded();
    }

    /** Signed by the identity key of `signer`, which is the owner's own in a true one. */
    private static byte[] nodeInfo(String key, long serial, String name, List<X509Certificate> caPath, String signer) {
        CertificateAndKeyPair ca = new CertificateAndKeyPair(caPath.get(0), authority(key));
        return nodeInfo(key, serial, name, ca, caPath, signer);
    }

    private static byte[] nodeInfo(
            String key, long serial, String name, CertificateAndKeyPair ca, List<X509Certificate> caPath, String signer) {
        X500Principal subject = new X500Principal(name);
        List<X509Certificate> path = new ArrayList<>();
        path.add(Certificates.issue(CertificateType.LEGAL_IDENTITY, ca, subject, identity(key).getPublic(), null));
        path.addAll(caPath);
        PartyAndCertificate party = new PartyAndCertificate(X509Utilities.INSTANCE.buildCertPath(path));
        NetworkHostAndPort address = new NetworkHostAndPort("localhost", 10000);
        NodeInfo info = new NodeInfo(Collections.singletonList(address), Collections.singletonList(party), 7, serial);
        SerializedBytes<NodeInfo> raw = serialization.serialize(info);
        try {
            byte[] signature = Crypto.doSign(identity(signer).getPrivate(), raw.getBytes());
            List<DigitalSignature> signatures = Collections.singletonList(new DigitalSignature(signature));
            return serialization.serialize(new SignedNodeInfo(raw, signatures)).getBytes();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** All in order, but for the root. */
    private static byte[] foreign(String name) {
        CertificateAndKeyPair root = Certificates.newRoot("CN=Root CA,O=Somebody else,L=London,C=GB");
        CertificateAndKeyPair middle =
                Certificates.below(root, CertificateType.INTERMEDIATE_CA, "CN=Doorman CA,O=Somebody else,L=London,C=GB");
        X500Principal subject = new X500Principal(name);
        KeyPair keys = authority("foreign");
        X509Certificate ca =
                Certificates.issue(CertificateType.NODE_CA, middle, subject, keys.getPublic(), Certificates.only(subject));
        List<X509Certificate> path = Arrays.asList(ca, middle.getCertificate(), root.getCertificate());
        return nodeInfo("foreign", 9, name, new CertificateAndKeyPair(ca, keys), path, "foreign");
    }

    private static byte[] acknowledge(String key, String hash) throws Exception {
        SerializedBytes<SecureHash> raw = serialization.serialize(SecureHash.parse(hash));
        byte[] signature = Crypto.doSign(identity(key).getPrivate(), raw.getBytes());
        DigitalSignature.WithKey by = new DigitalSignature.WithKey(identity(key).getPublic(), signature);
        return serialization.serialize(new SignedData<>(raw, by)).getBytes();
    }

    /** Read and verified as a node does it. */
    @SuppressWarnings("unchecked")
    private static String networkMap(byte[] signed, Path trust) throws Exception {
        SignedDataWithCert<NetworkMap> data = serialization.deserialize(signed, SignedDataWithCert.class);
        NetworkMap map = NetworkMapKt.verifiedNetworkMapCert(data, root(trust));
        return map.getNetworkParameterHash() + " " + map.getNodeInfoHashes();
    }

    @SuppressWarnings("unchecked")
    private static String parameters(byte[] signed, Path trust) throws Exception {
        SignedDataWithCert<NetworkParameters> data = serialization.deserialize(signed, SignedDataWithCert.class);
        NetworkParameters parameters = NetworkMapKt.verifiedNetworkMapCert(data, root(trust));
        return parameters.getMinimumPlatformVersion() + " " + parameters.getNotaries() + " "
                + parameters.getWhitelistedContractImplementations().keySet();
    }

    /** Of a zone that nobody knows. */
    private static String trustStore(Path file) {
        X509KeyStore store = X509KeyStore.Companion.fromFile(file, "trustpass", true);
        store.setCertificate("cordarootca", Certificates.newRoot("CN=Root CA,O=Somebody else,L=London,C=GB").getCertificate());
        store.save();
        return file.toString();
    }

    private static X509Certificate root(Path trust) {
        return X509KeyStore.Companion.fromFile(trust, "trustpass", false).getCertificate("cordarootca");
    }

    /** As a node reads the doorman's answer. */
    private static List<X509Certificate> chain(String zip) throws Exception {
        List<X509Certificate> chain = new ArrayList<>();
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        try (ZipInputStream in = new ZipInputStream(new ByteArrayInputStream(bytes(zip)))) {
            while (in.getNextEntry() != null) {
                chain.add((X509Certificate) factory.generateCertificate(in));
            }
        }
        return chain;
    }

    private static KeyPair authority(String key) {
        return AUTHORITIES.computeIfAbsent(key, missing -> Certificates.newTlsKeys());
    }

    private static KeyPair identity(String key) {
        return IDENTITIES.computeIfAbsent(key, missing -> Certificates.newIdentityKeys());
    }

    private static String base64(byte[] content) {
        return Base64.getEncoder().encodeToString(content);
    }

    private static byte[] bytes(String base64) {
        return Base64.getDecoder().decode(base64);
    }
}
