package compat.driver;

import java.lang.reflect.Constructor;
import java.time.Duration;
import net.corda.client.rpc.CordaRPCClient;
import net.corda.client.rpc.CordaRPCClientConfiguration;
import net.corda.core.utilities.NetworkHostAndPort;

/** RPC clients that talk to older nodes as well. */
final class RpcClients {
    private static final Duration RETRY = Duration.ofSeconds(5);
    /** From 4.x on a client refuses servers older than itself unless told otherwise. */
    private static final int ANY_SERVER = 1;

    private RpcClients() {}

    static CordaRPCClient to(NetworkHostAndPort address) throws ReflectiveOperationException {
        return new CordaRPCClient(address, configuration());
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
