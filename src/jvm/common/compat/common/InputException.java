package compat.common;

/** Something about what was given (a spec, a file) makes the work impossible; the message is meant for people. */
public final class InputException extends Exception {
    private static final long serialVersionUID = 1L;

    public InputException(String message) {
        super(message);
    }

    public InputException(String message, Throwable cause) {
        super(message, cause);
    }
}
