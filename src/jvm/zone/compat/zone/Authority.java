package compat.zone;

import compat.common.Certificates;
import compat.common.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PublicKey;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;
import net.corda.core.identity.CordaX500Name;
import net.corda.nodeapi.internal.crypto.CertificateAndKeyPair;
import net.corda.nodeapi.internal.crypto.CertificateType;
import net.corda.nodeapi.internal.crypto.X509KeyStore;

/** The zone's own trust root with what it signs by: made at the first start, kept in the storage. */
final class Authority {
    /** What nodes are given to trust; its password is no secret. */
    static final String TRUST_STORE = "network-root-truststore.jks";
    static final String TRUST_PASSWORD = "trustpass";
    private static final String KEYS = "authority.jks";
    /** The folder is its owner's alone: the password adds nothing. */
    private static final String KEYS_PASSWORD = "compat";
    private static final String OF_COMPAT = ",O=Corda Compat,L=London,C=GB";

    final CertificateAndKeyPair networkMap;
    private final CertificateAndKeyPair root;
    private final CertificateAndKeyPair intermediate;

    private Authority(CertificateAndKeyPair root, CertificateAndKeyPair intermediate, CertificateAndKeyPair networkMap) {
        this.root = root;
        this.intermediate = intermediate;
        this.networkMap = networkMap;
    }

    static Authority open(Storage storage) throws IOException, InputException {
        byte[] keys = storage.read(KEYS);
        Authority authority = keys == null ? make(storage) : load(storage.folder.resolve(KEYS));
        if (storage.read(TRUST_STORE) == null) {
            X509KeyStore trust = newStore(storage, TRUST_STORE, TRUST_PASSWORD);
            trust.setCertificate("cordarootca", authority.root.getCertificate());
            keep(storage, trust, TRUST_STORE);
        }
        return authority;
    }

    /** A node's own authority, or a notary's service identity; its chain up to the root. */
    List<X509Certificate> certify(CordaX500Name name, PublicKey key, boolean service) {
        X509Certificate certificate = service
                ? Certificates.issue(CertificateType.SERVICE_IDENTITY, intermediate, name.getX500Principal(), key, null)
                : Certificates.issue(
                        CertificateType.NODE_CA,
                        intermediate,
                        name.getX500Principal(),
                        key,
                        Certificates.only(name.getX500Principal()));
        return chainOf(certificate);
    }

    /** In the order in which nodes read it: the certificate itself, who issued it, the root. */
    List<X509Certificate> chainOf(X509Certificate certificate) {
        return Arrays.asList(certificate, intermediate.getCertificate(), root.getCertificate());
    }

    TrustAnchor anchor() {
        return new TrustAnchor(root.getCertificate(), null);
    }

    private static Authority make(Storage storage) throws IOException {
        CertificateAndKeyPair root = Certificates.newRoot("CN=Root CA" + OF_COMPAT);
        CertificateAndKeyPair intermediate =
                Certificates.below(root, CertificateType.INTERMEDIATE_CA, "CN=Doorman CA" + OF_COMPAT);
        Authority made = new Authority(root, intermediate, Certificates.newNetworkMap(root));
        X509KeyStore keys = newStore(storage, KEYS, KEYS_PASSWORD);
        put(keys, "root", root, root);
        put(keys, "intermediate", intermediate, root);
        put(keys, "network-map", made.networkMap, root);
        keep(storage, keys, KEYS);
        return made;
    }

    private static void put(X509KeyStore keys, String alias, CertificateAndKeyPair pair, CertificateAndKeyPair issuer) {
        List<X509Certificate> chain = pair == issuer
                ? Arrays.asList(pair.getCertificate())
                : Arrays.asList(pair.getCertificate(), issuer.getCertificate());
        keys.setPrivateKey(alias, pair.getKeyPair().getPrivate(), chain, KEYS_PASSWORD);
    }

    private static Authority load(Path file) throws InputException {
        try {
            X509KeyStore keys = X509KeyStore.Companion.fromFile(file, KEYS_PASSWORD, false);
            return new Authority(
                    keys.getCertificateAndKeyPair("root", KEYS_PASSWORD),
                    keys.getCertificateAndKeyPair("intermediate", KEYS_PASSWORD),
                    keys.getCertificateAndKeyPair("network-map", KEYS_PASSWORD));
        } catch (Exception e) {
            // Kotlin does not declare what it throws.
            throw new InputException(file + " cannot be read: " + e, e);
        }
    }

    /** Corda's key stores write their file themselves: to the side, since not in one piece. */
    private static X509KeyStore newStore(Storage storage, String name, String password) throws IOException {
        Path side = sideOf(storage, name);
        Files.deleteIfExists(side);
        return X509KeyStore.Companion.fromFile(side, password, true);
    }

    private static void keep(Storage storage, X509KeyStore store, String name) throws IOException {
        store.save();
        Path side = sideOf(storage, name);
        storage.write(name, Files.readAllBytes(side));
        Files.delete(side);
    }

    private static Path sideOf(Storage storage, String name) {
        return storage.folder.resolve(name + ".jks.part");
    }
}
