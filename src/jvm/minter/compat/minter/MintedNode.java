package compat.minter;

import compat.common.Serialization;
import java.security.GeneralSecurityException;
import java.util.Collections;
import net.corda.core.crypto.Crypto;
import net.corda.core.crypto.DigitalSignature;
import net.corda.core.node.NodeInfo;
import net.corda.core.serialization.SerializedBytes;
import net.corda.nodeapi.internal.SignedNodeInfo;

/** A node with its signed node info, ready to be handed to the others. */
final class MintedNode {
    /** Any node info that the node signs itself later has a higher serial and wins. */
    private static final long SERIAL = 1L;

    final NodeSpec spec;
    final NodeIdentity identity;
    final String infoFile;
    final byte[] signedInfo;

    MintedNode(NodeSpec spec, NodeIdentity identity, Serialization serialization)
            throws GeneralSecurityException {
        this.spec = spec;
        this.identity = identity;
        NodeInfo info = new NodeInfo(
                Collections.singletonList(spec.p2p),
                Collections.singletonList(identity.party),
                spec.platformVersion,
                SERIAL);
        SerializedBytes<NodeInfo> raw = serialization.serialize(info);
        DigitalSignature signature = new DigitalSignature(Crypto.doSign(identity.key, raw.getBytes()));
        signedInfo = serialization.serialize(new SignedNodeInfo(raw, Collections.singletonList(signature))).getBytes();
        infoFile = "nodeInfo-" + serialization.serialize(spec.party).getHash();
    }
}
