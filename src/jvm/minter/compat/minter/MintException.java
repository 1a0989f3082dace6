package compat.minter;

/** Something about the spec or the files makes minting impossible; the message is meant for people. */
final class MintException extends Exception {
    private static final long serialVersionUID = 1L;

    MintException(String message) {
        super(message);
    }

    MintException(String message, Throwable cause) {
        super(message, cause);
    }
}
