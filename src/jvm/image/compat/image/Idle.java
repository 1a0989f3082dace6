package compat.image;

/** Does nothing until SIGTERM: keeps a volume within reach after the program that wrote it has ended. */
public final class Idle {
    private Idle() {}

    public static void main(String[] args) throws InterruptedException {
        Thread.sleep(Long.MAX_VALUE);
    }
}
