package compat.driver;

import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/**
 * Runs calls that may never end. Each has a thread of its own and a limit; when the limit passes, the call is interrupted
 * and left alone, so that it can hold up neither the caller nor any other call.
 */
final class Limited {
    private final ExecutorService threads = Executors.newCachedThreadPool(work -> {
        Thread thread = new Thread(work, "call");
        thread.setDaemon(true);
        return thread;
    });

    /**
     * The call's own result.
     *
     * @param tooLate the message if the limit passes
     * @throws Failure {@code no-answer} at the limit, or what the call threw
     */
    <T> T call(long limitMs, Callable<T> work, Supplier<String> tooLate) throws Failure {
        Future<T> future = threads.submit(work);
        try {
            return future.get(limitMs, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            future.cancel(true);
            throw Failure.noAnswer(tooLate.get());
        } catch (ExecutionException e) {
            throw Failure.of(e.getCause());
        } catch (InterruptedException e) {
            future.cancel(true);
            throw Failure.driver("the driver was stopped");
        }
    }

    /** As call, with a message that names the subject. */
    <T> T call(long limitMs, String subject, Callable<T> work) throws Failure {
        return call(limitMs, work, () -> subject + ": no answer within " + seconds(limitMs));
    }

    <T> Future<T> start(Callable<T> work) {
        return threads.submit(work);
    }

    static String seconds(long ms) {
        return ms % 1000 == 0 ? ms / 1000 + " s" : ms / 1000.0 + " s";
    }
}
