package compat.common;

import java.security.KeyPair;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import javax.security.auth.x500.X500Principal;
import kotlin.Pair;
import net.corda.core.crypto.Crypto;
import net.corda.nodeapi.internal.crypto.CertificateAndKeyPair;
import net.corda.nodeapi.internal.crypto.CertificateType;
import net.corda.nodeapi.internal.crypto.X509Utilities;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralSubtree;
import org.bouncycastle.asn1.x509.NameConstraints;

/** Certificates as Corda's nodes want them. */
public final class Certificates {
    /** From the start of today: a node's clock may be a little behind. */
    private static final Pair<Duration, Duration> VALIDITY = new Pair<>(Duration.ZERO, Duration.ofDays(3650));
    private static final String NETWORK_MAP = "CN=Network Map,O=Corda Compat,L=London,C=GB";

    private Certificates() {}

    /** @param constraints null where there are none */
    public static X509Certificate issue(
            CertificateType type,
            CertificateAndKeyPair issuer,
            X500Principal subject,
            PublicKey key,
            NameConstraints constraints) {
        return X509Utilities.createCertificate(
                type, issuer.getCertificate(), issuer.getKeyPair(), subject, key, VALIDITY, constraints, null, null);
    }

    /** A certificate authority of nobody else's. */
    public static CertificateAndKeyPair newRoot(String subject) {
        KeyPair keys = newTlsKeys();
        X500Principal name = new X500Principal(subject);
        return new CertificateAndKeyPair(X509Utilities.createSelfSignedCACertificate(name, keys, VALIDITY), keys);
    }

    /** A certificate for new keys. */
    public static CertificateAndKeyPair below(CertificateAndKeyPair issuer, CertificateType type, String subject) {
        KeyPair keys = newTlsKeys();
        X509Certificate certificate = issue(type, issuer, new X500Principal(subject), keys.getPublic(), null);
        return new CertificateAndKeyPair(certificate, keys);
    }

    /** Signs network maps and parameters. The role NETWORK_PARAMETERS is newer; NETWORK_MAP is accepted by every release. */
    public static CertificateAndKeyPair newNetworkMap(CertificateAndKeyPair root) {
        return below(root, CertificateType.NETWORK_MAP, NETWORK_MAP);
    }

    /** A node's own authority may issue for its own name only. */
    public static NameConstraints only(X500Principal subject) {
        X500Name name = X500Name.getInstance(subject.getEncoded());
        GeneralSubtree tree = new GeneralSubtree(new GeneralName(GeneralName.directoryName, name));
        return new NameConstraints(new GeneralSubtree[] {tree}, new GeneralSubtree[0]);
    }

    public static KeyPair newTlsKeys() {
        return Crypto.generateKeyPair(Crypto.ECDSA_SECP256R1_SHA256);
    }

    public static KeyPair newIdentityKeys() {
        return Crypto.generateKeyPair(Crypto.EDDSA_ED25519_SHA512);
    }
}
