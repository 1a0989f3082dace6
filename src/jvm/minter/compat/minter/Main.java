package compat.minter;

import compat.common.InputException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import net.corda.core.crypto.SecureHash;

/**
 * Mints a whole network in one JVM run: the spec comes on standard input, the answer leaves as one line of JSON on standard
 * output. Status 0: minted. 2: the spec or a file is wrong, one line on standard error says what. 1: anything else.
 */
public final class Main {
    private Main() {}

    /** Takes no arguments. */
    public static void main(String[] arguments) {
        long began = System.nanoTime();
        int status = 1;
        try {
            Minter minter = new Minter(Spec.read(System.in));
            minter.write();
            System.out.println(answer(minter, (System.nanoTime() - began) / 1_000_000));
            status = 0;
        } catch (InputException e) {
            System.err.println(e.getMessage());
            status = 2;
        } catch (Throwable e) {
            e.printStackTrace();
        } finally {
            // Corda leaves threads behind that would keep the JVM alive.
            System.exit(status);
        }
    }

    private static String answer(Minter minter, long tookMs) throws Exception {
        ObjectMapper mapper = new ObjectMapper();
        ObjectNode answer = mapper.createObjectNode();
        answer.put("parameters", minter.parameters.hash);
        answer.put("minimumPlatformVersion", minter.minimumPlatformVersion);
        answer.put("tookMs", tookMs);
        ObjectNode whitelist = answer.putObject("whitelist");
        for (Map.Entry<String, List<SecureHash>> contract : minter.whitelist.contracts.entrySet()) {
            ArrayNode hashes = whitelist.putArray(contract.getKey());
            for (SecureHash hash : contract.getValue()) {
                hashes.add(hash.toString().toLowerCase());
            }
        }
        return mapper.writeValueAsString(answer);
    }
}
