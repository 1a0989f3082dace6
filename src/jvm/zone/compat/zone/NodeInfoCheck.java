package compat.zone;

import compat.common.InputException;
import compat.common.Serialization;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.List;
import net.corda.core.identity.PartyAndCertificate;
import net.corda.core.internal.CertRole;
import net.corda.core.node.NodeInfo;
import net.corda.nodeapi.internal.SignedNodeInfo;

/** Tells a node info of this zone from a forged one. */
final class NodeInfoCheck {
    private final Serialization serialization;
    private final Authority authority;
    private final Doorman doorman;

    NodeInfoCheck(Serialization serialization, Authority authority, Doorman doorman) {
        this.serialization = serialization;
        this.authority = authority;
        this.doorman = doorman;
    }

    /** @param content a serialized SignedNodeInfo; @throws Refusal why it is not to be trusted */
    Published check(byte[] content) throws Refusal {
        SignedNodeInfo signed;
        try {
            signed = serialization.deserialize(content, SignedNodeInfo.class);
        } catch (InputException e) {
            throw Refusal.malformed("the body is no signed node info: " + e.getMessage(), e);
        }
        NodeInfo info = verified(signed);
        for (PartyAndCertificate identity : info.getLegalIdentitiesAndCerts()) {
            check(identity);
        }
        return new Published(signed.getRaw().getHash(), info, content);
    }

    private static NodeInfo verified(SignedNodeInfo signed) throws Refusal {
        try {
            return signed.verified();
        } catch (Exception e) {
            // A wrong signature, one too few or too many, or an unreadable node info inside: Kotlin declares none of them.
            throw Refusal.forbidden("the node info is not signed by all of its identities: " + e.getMessage(), e);
        }
    }

    private void check(PartyAndCertificate identity) throws Refusal {
        String name = "\"" + identity.getName() + "\"";
        try {
            identity.verify(authority.anchor());
        } catch (Exception e) {
            throw Refusal.forbidden(
                    "the certificate of " + name + " does not come from this zone's root: " + e.getMessage(), e);
        }
        CertRole role = CertRole.Companion.extract(identity.getCertificate());
        List<? extends Certificate> path = identity.getCertPath().getCertificates();
        boolean isService = role == CertRole.SERVICE_IDENTITY;
        X509Certificate issued = (X509Certificate) path.get(isService ? 0 : 1);
        CertRole issuedAs = isService ? CertRole.SERVICE_IDENTITY : CertRole.NODE_CA;
        boolean isKnown = (isService || role == CertRole.LEGAL_IDENTITY)
                && doorman.hasIssued(issued, identity.getName(), issuedAs);
        if (!isKnown) {
            throw Refusal.forbidden(name + " is not registered with this doorman", null);
        }
    }
}
