package compat.zone;

import net.corda.core.crypto.SecureHash;
import net.corda.core.node.NodeInfo;

/** A node info that was found to be true. */
final class Published {
    /** Of the node info, without its signatures: what the network map lists. */
    final SecureHash hash;
    final NodeInfo info;
    /** The serialized SignedNodeInfo as it was sent. */
    final byte[] content;

    Published(SecureHash hash, NodeInfo info, byte[] content) {
        this.hash = hash;
        this.info = info;
        this.content = content;
    }

    /** The node's own name: that of its first identity. */
    String name() {
        return info.getLegalIdentities().get(0).getName().toString();
    }

    String file() {
        return "node-infos/" + hash;
    }
}
