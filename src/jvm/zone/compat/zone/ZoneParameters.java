package compat.zone;

import compat.common.InputException;
import compat.common.Parameters;
import compat.common.Serialization;
import compat.common.Whitelist;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.List;
import net.corda.core.crypto.SecureHash;
import net.corda.core.internal.SignedDataWithCert;
import net.corda.core.node.NetworkParameters;
import net.corda.core.node.NotaryInfo;

/** The zone's network parameters: set once, as every node that has seen others ends when they change. */
final class ZoneParameters {
    private static final String FILE = "network-parameters";
    private static final String CORDAPPS = "cordapps/";

    private final Storage storage;
    private final Authority authority;
    private final Serialization serialization;
    private byte[] signed;
    private SecureHash hash;
    private NetworkParameters content;

    ZoneParameters(Storage storage, Authority authority, Serialization serialization) throws IOException, InputException {
        this.storage = storage;
        this.authority = authority;
        this.serialization = serialization;
        byte[] stored = storage.read(FILE);
        if (stored != null) {
            use(stored);
        }
    }

    /** A CorDapp: if it is unsigned, its contracts go into the whitelist. @return its SHA-256 */
    synchronized SecureHash addCordapp(byte[] jar) throws Refusal, IOException {
        if (signed != null) {
            throw Refusal.conflict("the network parameters are set: no CorDapp can be added to their whitelist");
        }
        SecureHash sha256 = SecureHash.sha256(jar);
        String name = CORDAPPS + sha256 + ".jar";
        storage.write(name, jar);
        try {
            Log.say("CorDapp " + sha256 + ": " + Whitelist.of(storage.list(CORDAPPS)).contracts.keySet());
        } catch (InputException e) {
            storage.remove(name);
            throw Refusal.malformed("the body is no CorDapp: " + e.getMessage(), e);
        }
        return sha256;
    }

    /** The same once more changes nothing. @throws Refusal where others are set already */
    synchronized SecureHash set(int minimumPlatformVersion, List<NotaryInfo> notaries) throws Refusal, IOException {
        if (content != null) {
            if (content.getMinimumPlatformVersion() != minimumPlatformVersion || !content.getNotaries().equals(notaries)) {
                throw Refusal.conflict("the network parameters are set already: " + hash);
            }
            return hash;
        }
        byte[] made;
        try {
            Whitelist whitelist = Whitelist.of(storage.list(CORDAPPS));
            made = new Parameters(minimumPlatformVersion, notaries, whitelist, authority.networkMap, serialization).signed;
        } catch (InputException | GeneralSecurityException | IllegalArgumentException e) {
            throw Refusal.malformed("these network parameters cannot be: " + e.getMessage(), e);
        }
        storage.write(FILE, made);
        try {
            use(made);
        } catch (InputException e) {
            throw new IOException(e);
        }
        Log.say("network parameters " + hash + ": minimum platform version " + minimumPlatformVersion + ", notaries "
                + notaries + ", whitelisted " + content.getWhitelistedContractImplementations().keySet());
        return hash;
    }

    /** @throws Refusal where there are none yet */
    synchronized SecureHash hash() throws Refusal {
        if (hash == null) {
            throw Refusal.notYet("the zone has no network parameters yet: its notary is not known");
        }
        return hash;
    }

    synchronized boolean areSet() {
        return hash != null;
    }

    /** The signed parameters, serialized. */
    synchronized byte[] find(String wanted) throws Refusal {
        if (!hash().toString().equalsIgnoreCase(wanted)) {
            throw Refusal.unknown("there are no network parameters " + wanted);
        }
        return signed;
    }

    @SuppressWarnings("unchecked")
    private void use(byte[] bytes) throws InputException {
        SignedDataWithCert<NetworkParameters> data = serialization.deserialize(bytes, SignedDataWithCert.class);
        try {
            content = data.verified();
        } catch (Exception e) {
            throw new InputException(storage.folder.resolve(FILE) + " cannot be read: " + e, e);
        }
        hash = data.getRaw().getHash();
        signed = bytes;
    }
}
