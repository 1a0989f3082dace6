package compat.driver;

import java.lang.reflect.Constructor;
import java.time.Duration;
import java.util.Collections;
import java.util.Set;
import net.corda.client.rpc.CordaRPCClient;
import net.corda.client.rpc.CordaRPCClientConfiguration;
import net.corda.core.utilities.NetworkHostAndPort;

/** RPC clients that talk to older nodes as well. Reflection where the releases' constructors differ. */
final class RpcClients {
    private static final Duration RETRY = Duration.ofSeconds(5);
    /** From 4.x on a client refuses servers older than itself unless told otherwise. */
    private static final int ANY_SERVER = 1;

    private RpcClients() {}

    /**
     * One at a time: the first client of a JVM sets serialization up for all that follow, and several at once would each do
     * so. From 4.1 on that is a scan of the whole class path for custom serializers, unless the client is handed a set of
     * them; neither cash nor the healthcheck needs any.
     */
    static synchronized CordaRPCClient to(NetworkHostAndPort address) throws ReflectiveOperationException {
        CordaRPCClientConfiguration configuration = configuration();
        try {
            return CordaRPCClient.class
                    .getConstructor(NetworkHostAndPort.class, CordaRPCClientConfiguration.class, Set.class)
                    .newInstance(address, configuration, Collections.emptySet());
        } catch (NoSuchMethodException e) {
            return new CordaRPCClient(address, configuration);
        }
    }

    /** 4.x has (retry, minimum server version); 3.x knows the retry alone, and its nodes no other clients. */
    private static CordaRPCClientConfiguration configuration() throws ReflectiveOperationException {
        Class<CordaRPCClientConfiguration> type = CordaRPCClientConfiguration.class;
        try {
            Constructor<CordaRPCClientConfiguration> four = type.getConstructor(Duration.class, int.class);
            return four.newInstance(RETRY, ANY_SERVER);
        } catch (NoSuchMethodException e) {
            return type.getConstructor(Duration.class).newInstance(RETRY);
        }
    }
}
