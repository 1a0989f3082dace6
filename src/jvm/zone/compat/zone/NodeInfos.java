package compat.zone;

import compat.common.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import net.corda.core.crypto.SecureHash;

/** The newest node info of each node. */
final class NodeInfos {
    private final Storage storage;
    private final NodeInfoCheck check;
    private final Map<String, Published> byName = new TreeMap<>();

    NodeInfos(Storage storage, NodeInfoCheck check) throws IOException, InputException {
        this.storage = storage;
        this.check = check;
        for (Path file : storage.list("node-infos")) {
            try {
                replace(check.check(Files.readAllBytes(file)));
            } catch (Refusal e) {
                throw new InputException(file + " is no stored node info: " + e.getMessage(), e);
            }
        }
    }

    /** @throws Refusal where it is forged, or older than the one that is known */
    synchronized Published publish(byte[] content) throws Refusal, IOException {
        Published published = check.check(content);
        Published known = byName.get(published.name());
        if (known != null && known.hash.equals(published.hash)) {
            return known;
        }
        if (known != null && known.info.getSerial() >= published.info.getSerial()) {
            throw Refusal.conflict("the node info of \"" + published.name() + "\" is older than the one that is known");
        }
        storage.write(published.file(), content);
        replace(published);
        Log.say("node info of " + published.name() + ": platform version " + published.info.getPlatformVersion() + ", "
                + published.info.getAddresses());
        return published;
    }

    synchronized Published find(String hash) throws Refusal {
        for (Published published : byName.values()) {
            if (published.hash.toString().equalsIgnoreCase(hash)) {
                return published;
            }
        }
        throw Refusal.unknown("there is no node info " + hash);
    }

    synchronized List<Published> all() {
        return new ArrayList<>(byName.values());
    }

    List<SecureHash> hashes() {
        List<SecureHash> hashes = new ArrayList<>();
        all().forEach(published -> hashes.add(published.hash));
        return hashes;
    }

    /** After a kill between the two there are two files of a node: the newer one counts. */
    private void replace(Published published) throws IOException {
        Published known = byName.get(published.name());
        boolean isNewer = known == null || known.info.getSerial() < published.info.getSerial();
        Published superseded = isNewer ? known : published;
        if (isNewer) {
            byName.put(published.name(), published);
        }
        if (superseded != null) {
            storage.remove(superseded.file());
        }
    }
}
