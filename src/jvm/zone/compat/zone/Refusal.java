package compat.zone;

/** A request that is not granted, with the reason for whoever asked and the HTTP status that says so. */
final class Refusal extends Exception {
    private static final long serialVersionUID = 1L;

    final int status;

    private Refusal(int status, String reason, Throwable cause) {
        super(reason, cause);
        this.status = status;
    }

    /** The request itself is wrong. */
    static Refusal malformed(String reason) {
        return new Refusal(400, reason, null);
    }

    static Refusal malformed(String reason, Throwable cause) {
        return new Refusal(400, reason, cause);
    }

    /** Who asks is not who may, or is not who it says. */
    static Refusal unauthorized(String reason) {
        return new Refusal(401, reason, null);
    }

    /** Well-formed, but the zone does not accept it. */
    static Refusal forbidden(String reason, Throwable cause) {
        return new Refusal(403, reason, cause);
    }

    static Refusal unknown(String reason) {
        return new Refusal(404, reason, null);
    }

    /** It does not fit what is already so. */
    static Refusal conflict(String reason) {
        return new Refusal(409, reason, null);
    }

    static Refusal tooLarge(String reason) {
        return new Refusal(413, reason, null);
    }

    /** It may be asked again later. */
    static Refusal notYet(String reason) {
        return new Refusal(503, reason, null);
    }
}
