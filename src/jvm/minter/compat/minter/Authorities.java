package compat.minter;

import java.security.KeyPair;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import javax.security.auth.x500.X500Principal;
import kotlin.Pair;
import net.corda.core.crypto.Crypto;
import net.corda.nodeapi.internal.KeyStoreConfigHelpersKt;
import net.corda.nodeapi.internal.crypto.CertificateAndKeyPair;
import net.corda.nodeapi.internal.crypto.CertificateType;
import net.corda.nodeapi.internal.crypto.X509Utilities;
import org.bouncycastle.asn1.x509.NameConstraints;

/** The zone's certificate authorities: Corda's development root, which is the same bytes in every release. */
final class Authorities {
    /** From the start of today: a node's clock may be a little behind. */
    private static final Pair<Duration, Duration> VALIDITY = new Pair<>(Duration.ZERO, Duration.ofDays(3650));
    private static final String NETWORK_MAP = "CN=Network Map,O=Corda Compat,L=London,C=GB";

    final CertificateAndKeyPair root = KeyStoreConfigHelpersKt.getDEV_ROOT_CA();
    final CertificateAndKeyPair intermediate = KeyStoreConfigHelpersKt.getDEV_INTERMEDIATE_CA();

    /** Signs network parameters. The role NETWORK_PARAMETERS is newer; NETWORK_MAP is accepted by every release. */
    CertificateAndKeyPair newNetworkMap() {
        KeyPair keys = newTlsKeys();
        X500Principal name = new X500Principal(NETWORK_MAP);
        return new CertificateAndKeyPair(issue(CertificateType.NETWORK_MAP, root, name, keys.getPublic(), null), keys);
    }

    static X509Certificate issue(
            CertificateType type,
            CertificateAndKeyPair issuer,
            X500Principal subject,
            PublicKey key,
            NameConstraints constraints) {
        return X509Utilities.createCertificate(
                type, issuer.getCertificate(), issuer.getKeyPair(), subject, key, VALIDITY, constraints, null, null);
    }

    static KeyPair newTlsKeys() {
        return Crypto.generateKeyPair(Crypto.ECDSA_SECP256R1_SHA256);
    }

    static KeyPair newIdentityKeys() {
        return Crypto.generateKeyPair(Crypto.EDDSA_ED25519_SHA512);
    }
}
