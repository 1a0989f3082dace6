package compat.minter;

import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import net.corda.core.crypto.Crypto;
import net.corda.core.internal.DigitalSignatureWithCert;
import net.corda.core.internal.SignedDataWithCert;
import net.corda.core.node.NetworkParameters;
import net.corda.core.node.NotaryInfo;
import net.corda.core.serialization.SerializedBytes;
import net.corda.nodeapi.internal.crypto.CertificateAndKeyPair;

/** The network's signed parameters: serialized once, since every node must hold the same bytes. */
final class Parameters {
    private static final int MAX_MESSAGE_BYTES = 10_485_760;
    private static final int MAX_TRANSACTION_BYTES = 524_288_000;
    private static final Duration EVENT_HORIZON = Duration.ofDays(30);

    final int minimumPlatformVersion;
    final String hash;
    final byte[] signed;

    Parameters(
            Spec spec,
            List<MintedNode> nodes,
            Whitelist whitelist,
            CertificateAndKeyPair signer,
            Serialization serialization)
            throws GeneralSecurityException {
        minimumPlatformVersion = spec.minimumPlatformVersion != null ? spec.minimumPlatformVersion : lowest(nodes);
        NetworkParameters parameters = new NetworkParameters(
                minimumPlatformVersion,
                notaries(nodes),
                MAX_MESSAGE_BYTES,
                MAX_TRANSACTION_BYTES,
                Instant.now(),
                1,
                whitelist.contracts,
                EVENT_HORIZON,
                Collections.emptyMap());
        SerializedBytes<NetworkParameters> raw = serialization.serialize(parameters);
        hash = raw.getHash().toString();
        byte[] signature = Crypto.doSign(signer.getKeyPair().getPrivate(), raw.getBytes());
        DigitalSignatureWithCert withCertificate = new DigitalSignatureWithCert(signer.getCertificate(), signature);
        signed = serialization.serialize(new SignedDataWithCert<>(raw, withCertificate)).getBytes();
    }

    private static int lowest(List<MintedNode> nodes) {
        return nodes.stream().mapToInt(node -> node.spec.platformVersion).min().orElse(1);
    }

    private static List<NotaryInfo> notaries(List<MintedNode> nodes) {
        List<NotaryInfo> notaries = new ArrayList<>();
        for (MintedNode node : nodes) {
            if (node.spec.isNotary()) {
                notaries.add(new NotaryInfo(node.identity.party.getParty(), node.spec.validating));
            }
        }
        return notaries;
    }
}
