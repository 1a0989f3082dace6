package compat.minter;

import compat.common.Certificates;
import net.corda.nodeapi.internal.KeyStoreConfigHelpersKt;
import net.corda.nodeapi.internal.crypto.CertificateAndKeyPair;

/** The zone's certificate authorities: Corda's development root, which is the same bytes in every release. */
final class Authorities {
    final CertificateAndKeyPair root = KeyStoreConfigHelpersKt.getDEV_ROOT_CA();
    final CertificateAndKeyPair intermediate = KeyStoreConfigHelpersKt.getDEV_INTERMEDIATE_CA();

    CertificateAndKeyPair newNetworkMap() {
        return Certificates.newNetworkMap(root);
    }
}
