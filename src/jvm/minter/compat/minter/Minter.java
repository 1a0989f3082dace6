package compat.minter;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import net.corda.nodeapi.internal.crypto.CertificateAndKeyPair;

/**
 * Mints a network. Nearly all of the time is class loading, so what does not depend on each other is done side by side:
 * serialization, certificates, and the whitelist.
 */
final class Minter {
    final List<MintedNode> nodes = new ArrayList<>();
    final Whitelist whitelist;
    final Parameters parameters;

    Minter(Spec spec) throws MintException, GeneralSecurityException, InterruptedException {
        FutureTask<Serialization> serializing = inBackground("serialization", Serialization::start);
        FutureTask<Whitelist> scanning = inBackground("whitelist", () -> Whitelist.of(spec.unsignedCordapps));
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
        parameters = new Parameters(spec, nodes, whitelist, networkMap, serialization);
    }

    /** Parameters and node infos, into every node's base directory. */
    void write() throws MintException {
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

    private static void write(Path file, byte[] content) throws MintException {
        try {
            Files.createDirectories(file.getParent());
            Files.write(file, content);
        } catch (IOException e) {
            throw new MintException("cannot write " + file + ": " + e, e);
        }
    }

    private static <T> FutureTask<T> inBackground(String name, Callable<T> work) {
        FutureTask<T> task = new FutureTask<>(work);
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
        return task;
    }

    private static <T> T resultOf(FutureTask<T> task) throws MintException, InterruptedException {
        try {
            return task.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof MintException) {
                throw (MintException) e.getCause();
            }
            throw new MintException(e.getCause().toString(), e.getCause());
        }
    }
}
