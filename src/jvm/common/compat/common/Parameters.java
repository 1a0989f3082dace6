package compat.common;

import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import net.corda.core.internal.SignedDataWithCert;
import net.corda.core.node.NetworkParameters;
import net.corda.core.node.NotaryInfo;
import net.corda.nodeapi.internal.crypto.CertificateAndKeyPair;

/** A network's signed parameters: serialized once, since every node must hold the same bytes. */
public final class Parameters {
    private static final int MAX_MESSAGE_BYTES = 10_485_760;
    private static final int MAX_TRANSACTION_BYTES = 524_288_000;
    private static final Duration EVENT_HORIZON = Duration.ofDays(30);

    public final String hash;
    public final byte[] signed;

    public Parameters(
            int minimumPlatformVersion,
            List<NotaryInfo> notaries,
            Whitelist whitelist,
            CertificateAndKeyPair signer,
            Serialization serialization)
            throws GeneralSecurityException {
        NetworkParameters parameters = new NetworkParameters(
                minimumPlatformVersion,
                notaries,
                MAX_MESSAGE_BYTES,
                MAX_TRANSACTION_BYTES,
                Instant.now(),
                1,
                whitelist.contracts,
                EVENT_HORIZON,
                Collections.emptyMap());
        SignedDataWithCert<NetworkParameters> data = serialization.sign(parameters, signer);
        hash = data.getRaw().getHash().toString();
        signed = serialization.serialize(data).getBytes();
    }
}
