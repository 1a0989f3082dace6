package compat.minter;

import compat.common.InputException;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.nio.file.Paths;
import net.corda.core.identity.CordaX500Name;
import net.corda.core.utilities.NetworkHostAndPort;

/** One node of the network to be minted. */
final class NodeSpec {
    final Path baseDirectory;
    final CordaX500Name party;
    final int platformVersion;
    final NetworkHostAndPort p2p;
    /** Null for a peer. */
    final Boolean validating;

    NodeSpec(JsonNode json) throws InputException {
        baseDirectory = Paths.get(Spec.text(json, "baseDirectory"));
        String name = Spec.text(json, "party");
        String address = Spec.text(json, "p2p");
        try {
            party = CordaX500Name.parse(name);
        } catch (IllegalArgumentException e) {
            throw new InputException("party: \"" + name + "\" is no X.500 name that Corda accepts: " + e.getMessage(), e);
        }
        try {
            p2p = NetworkHostAndPort.parse(address);
        } catch (IllegalArgumentException e) {
            throw new InputException("p2p of " + name + ": \"" + address + "\" is not host:port: " + e.getMessage(), e);
        }
        platformVersion = Spec.number(json, "platformVersion");
        validating = json.hasNonNull("notary") ? json.get("notary").path("validating").asBoolean() : null;
    }

    boolean isNotary() {
        return validating != null;
    }
}
