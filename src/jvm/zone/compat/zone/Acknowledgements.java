package compat.zone;

import compat.common.InputException;
import compat.common.Serialization;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import net.corda.core.crypto.SecureHash;
import net.corda.core.crypto.SignedData;
import net.corda.core.identity.Party;

/** Which nodes have accepted the network parameters, by their own signatures. */
final class Acknowledgements {
    private static final String FOLDER = "acknowledged/";

    private final Storage storage;
    private final Serialization serialization;
    private final NodeInfos nodeInfos;
    private final ZoneParameters parameters;

    Acknowledgements(Storage storage, Serialization serialization, NodeInfos nodeInfos, ZoneParameters parameters) {
        this.storage = storage;
        this.serialization = serialization;
        this.nodeInfos = nodeInfos;
        this.parameters = parameters;
    }

    /** @param content a serialized SignedData of a hash */
    void take(byte[] content) throws Refusal, IOException {
        SignedData<?> signed;
        Object accepted;
        try {
            signed = serialization.deserialize(content, SignedData.class);
            accepted = signed.verified();
        } catch (InputException | GeneralSecurityException | RuntimeException e) {
            throw Refusal.malformed("the body is no signed hash: " + e.getMessage(), e);
        }
        Party party = ownerOf(signed.getSig().getBy());
        SecureHash hash = parameters.hash();
        if (!hash.equals(accepted)) {
            throw Refusal.unknown("there are no network parameters " + accepted);
        }
        String key = SecureHash.sha256(party.getOwningKey().getEncoded()).toString();
        storage.write(FOLDER + key, (party.getName() + " " + hash + "\n").getBytes(StandardCharsets.UTF_8));
        Log.say(party.getName() + " accepts network parameters " + hash);
    }

    int count() throws IOException {
        return storage.list(FOLDER).size();
    }

    private Party ownerOf(PublicKey key) throws Refusal {
        for (Published published : nodeInfos.all()) {
            for (Party party : published.info.getLegalIdentities()) {
                if (party.getOwningKey().equals(key)) {
                    return party;
                }
            }
        }
        throw Refusal.forbidden("who accepts network parameters must have published a node info first", null);
    }
}
