package compat.minter;

import compat.common.InputException;
import compat.common.Parameters;
import compat.common.Serialization;
import compat.common.Whitelist;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import net.corda.core.node.NotaryInfo;
import net.corda.nodeapi.internal.crypto.CertificateAndKeyPair;

/**
 * Mints a network. Nearly all of the time is class loading, so what does not depend on each other is done side by side:
 * serialization, certificates, and the whitelist.
 */
final class Minter {
    final List<MintedNode> nodes = new ArrayList<>();
    final Whitelist whitelist;
    final Parameters parameters;
    final int minimumPlatformVersion;

    Minter(Spec spec) throws InputException, GeneralSecurityException, InterruptedException {
        FutureTask<Serialization> serializing = inBackground("serialization", Serialization::start);
        FutureTask<Whitelist> scanning = inBackground("whitelist", () -> Whitelist.of(spec.cordapps));
        Authorities authorities = new Authorities();
        CertificateAndKeyPair networkMap = authorities.newNetworkMap();
        List<NodeIdentity> identities = new ArrayList<>();
        for (NodeSpec node : spec.nodes) {
            identities.add(NodeIdentity.create(node, authorities));
        }
        Serialization serialization = resultOf(serializing);
        for (int i = 0; i < identities.size(); i++) {
            nodes.add(new MintedNode(spec.nodes.get(i), identities.get(i), serialization));
        }
        whitelist = resultOf(scanning);
        minimumPlatformVersion = spec.minimumPlatformVersion != null ? spec.minimumPlatformVersion : lowest(nodes);
        parameters = new Parameters(minimumPlatformVersion, notaries(nodes), whitelist, networkMap, serialization);
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

    /** Parameters and node infos, into every node's base directory. */
    void write() throws InputException {
        for (MintedNode node : nodes) {
            Path base = node.spec.baseDirectory;
            write(base.resolve("network-parameters"), parameters.signed);
            write(base.resolve(node.infoFile), node.signedInfo);
            for (MintedNode other : nodes) {
                if (other != node) {
                    write(base.resolve("additional-node-infos").resolve(other.infoFile), other.signedInfo);
                }
            }
        }
    }

    private static void write(Path file, byte[] content) throws InputException {
        try {
            Files.createDirectories(file.getParent());
            Files.write(file, content);
        } catch (IOException e) {
            throw new InputException("cannot write " + file + ": " + e, e);
        }
    }

    private static <T> FutureTask<T> inBackground(String name, Callable<T> work) {
        FutureTask<T> task = new FutureTask<>(work);
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
        return task;
    }

    private static <T> T resultOf(FutureTask<T> task) throws InputException, InterruptedException {
        try {
            return task.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof InputException) {
                throw (InputException) e.getCause();
            }
            throw new InputException(e.getCause().toString(), e.getCause());
        }
    }
}
