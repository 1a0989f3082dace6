package compat.driver;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * Answers by the id of their request. Whoever lost its connection asks again under the same id and gets the answer of what
 * runs or has run already: money must not be paid twice because a wire broke. Only so many are remembered.
 */
final class Answers {
    /** Far more than are ever on their way at once; each is a line of JSON. */
    private static final int MOST = 512;

    static final class Answer {
        final int status;
        final byte[] body;

        Answer(int status, byte[] body) {
            this.status = status;
            this.body = body;
        }
    }

    private final Map<String, CompletableFuture<Answer>> known = new HashMap<>();
    /** Ids of finished requests, oldest first. */
    private final Deque<String> finished = new ArrayDeque<>();

    /** Does the work unless a request of this id has begun it: then its answer is waited for. */
    Answer of(String id, Supplier<Answer> work) {
        CompletableFuture<Answer> own = new CompletableFuture<>();
        CompletableFuture<Answer> first;
        synchronized (this) {
            first = known.putIfAbsent(id, own);
        }
        if (first != null) {
            return first.join();
        }
        try {
            own.complete(work.get());
        } catch (RuntimeException | Error e) {
            own.completeExceptionally(e);
        }
        forgetOldest(id);
        return own.join();
    }

    private synchronized void forgetOldest(String id) {
        finished.addLast(id);
        while (finished.size() > MOST) {
            known.remove(finished.removeFirst());
        }
    }
}
