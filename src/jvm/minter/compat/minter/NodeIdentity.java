package compat.minter;

import compat.common.Certificates;
import compat.common.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.security.auth.x500.X500Principal;
import net.corda.core.identity.PartyAndCertificate;
import net.corda.nodeapi.internal.crypto.CertificateAndKeyPair;
import net.corda.nodeapi.internal.crypto.CertificateType;
import net.corda.nodeapi.internal.crypto.X509KeyStore;
import net.corda.nodeapi.internal.crypto.X509Utilities;

/** A node's keys and certificates, in the three key stores that a node looks for. */
final class NodeIdentity {
    /** What a node in development mode opens its stores with. */
    private static final String STORE_PASSWORD = "cordacadevpass";
    private static final String TRUST_PASSWORD = "trustpass";

    final PartyAndCertificate party;
    final PrivateKey key;

    private NodeIdentity(PartyAndCertificate party, PrivateKey key) {
        this.party = party;
        this.key = key;
    }

    static NodeIdentity create(NodeSpec node, Authorities authorities) throws InputException {
        X500Principal subject = node.party.getX500Principal();
        KeyPair caKeys = Certificates.newTlsKeys();
        KeyPair tlsKeys = Certificates.newTlsKeys();
        KeyPair identityKeys = Certificates.newIdentityKeys();
        X509Certificate caCertificate = Certificates.issue(
                CertificateType.NODE_CA, authorities.intermediate, subject, caKeys.getPublic(), Certificates.only(subject));
        CertificateAndKeyPair ca = new CertificateAndKeyPair(caCertificate, caKeys);
        List<X509Certificate> caPath = Arrays.asList(
                caCertificate, authorities.intermediate.getCertificate(), authorities.root.getCertificate());
        List<X509Certificate> identityPath = below(ca, CertificateType.LEGAL_IDENTITY, subject, identityKeys, caPath);
        List<X509Certificate> tlsPath = below(ca, CertificateType.TLS, subject, tlsKeys, caPath);

        Path folder = node.baseDirectory.resolve("certificates");
        X509KeyStore own = newStore(folder, "nodekeystore.jks", STORE_PASSWORD);
        own.setPrivateKey("cordaclientca", caKeys.getPrivate(), caPath, STORE_PASSWORD);
        own.setPrivateKey("identity-private-key", identityKeys.getPrivate(), identityPath, STORE_PASSWORD);
        own.save();
        X509KeyStore tls = newStore(folder, "sslkeystore.jks", STORE_PASSWORD);
        tls.setPrivateKey("cordaclienttls", tlsKeys.getPrivate(), tlsPath, STORE_PASSWORD);
        tls.save();
        X509KeyStore trust = newStore(folder, "truststore.jks", TRUST_PASSWORD);
        trust.setCertificate("cordarootca", authorities.root.getCertificate());
        trust.save();
        PartyAndCertificate party = new PartyAndCertificate(X509Utilities.INSTANCE.buildCertPath(identityPath));
        return new NodeIdentity(party, identityKeys.getPrivate());
    }

    private static List<X509Certificate> below(
            CertificateAndKeyPair ca,
            CertificateType type,
            X500Principal subject,
            KeyPair keys,
            List<X509Certificate> caPath) {
        List<X509Certificate> path = new ArrayList<>();
        path.add(Certificates.issue(type, ca, subject, keys.getPublic(), null));
        path.addAll(caPath);
        return path;
    }

    private static X509KeyStore newStore(Path folder, String name, String password) throws InputException {
        Path file = folder.resolve(name);
        try {
            Files.createDirectories(folder);
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new InputException("cannot write " + file + ": " + e, e);
        }
        return X509KeyStore.Companion.fromFile(file, password, true);
    }
}
