package compat.driver;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.Currency;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import net.corda.core.contracts.Amount;
import net.corda.core.flows.FlowLogic;
import net.corda.core.identity.CordaX500Name;
import net.corda.core.identity.Party;
import net.corda.core.messaging.CordaRPCOps;
import net.corda.core.messaging.FlowHandle;
import net.corda.core.transactions.SignedTransaction;
import net.corda.core.utilities.NetworkHostAndPort;

/**
 * What the driver is measured against: CashPaymentFlow called over RPC with nothing between. Arguments: RPC address, user,
 * password, payee. Every line of its input is {@code COUNT IN_FLIGHT}; the answer is the seconds that so many payments took.
 */
final class InProcess {
    private static final Amount<Currency> MONEY = new Amount<>(100, Currency.getInstance("USD"));

    private InProcess() {}

    public static void main(String[] arguments) {
        try {
            CordaRPCOps rpc = RpcClients.to(NetworkHostAndPort.parse(arguments[0])).start(arguments[1], arguments[2]).getProxy();
            Party payee = rpc.wellKnownPartyFromX500Name(CordaX500Name.parse(arguments[3]));
            BufferedReader input = new BufferedReader(new InputStreamReader(System.in));
            System.out.println("ready");
            for (String line = input.readLine(); line != null; line = input.readLine()) {
                String[] words = line.split(" ");
                System.out.println(seconds(rpc, payee, Integer.parseInt(words[0]), Integer.parseInt(words[1])));
            }
            Runtime.getRuntime().halt(0);
        } catch (Throwable e) {
            e.printStackTrace();
            // RPC leaves threads behind.
            Runtime.getRuntime().halt(1);
        }
    }

    private static double seconds(CordaRPCOps rpc, Party payee, int count, int inFlight) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(inFlight);
        try {
            long began = System.nanoTime();
            List<Future<?>> payments = new ArrayList<>();
            for (int payment = 0; payment < count; payment++) {
                payments.add(threads.submit(() -> pay(rpc, payee)));
            }
            for (Future<?> payment : payments) {
                payment.get();
            }
            return (System.nanoTime() - began) / 1e9;
        } finally {
            threads.shutdownNow();
        }
    }

    @SuppressWarnings("unchecked")
    private static Object pay(CordaRPCOps rpc, Party payee) throws Exception {
        Class<?> type = Class.forName("net.corda.finance.flows.CashPaymentFlow");
        Class<? extends FlowLogic<Object>> flow = (Class<? extends FlowLogic<Object>>) type.asSubclass(FlowLogic.class);
        FlowHandle<Object> handle = rpc.startFlowDynamic(flow, MONEY, payee, false);
        try {
            Object result = handle.getReturnValue().get();
            // As the driver does for its answer: an id is computed from the transaction's parts when it is asked for.
            return ((SignedTransaction) result.getClass().getMethod("getStx").invoke(result)).getId();
        } finally {
            handle.close();
        }
    }
}
