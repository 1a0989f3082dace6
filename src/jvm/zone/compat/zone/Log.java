package compat.zone;

import java.time.Instant;

/** What happened, one line each, on standard output. */
final class Log {
    private Log() {}

    static void say(String text) {
        System.out.println(Instant.now() + " " + text.replace('\n', ' '));
        System.out.flush();
    }
}
