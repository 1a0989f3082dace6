package compat.driver;

import java.util.Collections;
import java.util.List;

/** A call that did not end well, as the harness is told of it (DriverError of driver-api.ts). */
final class Failure extends Exception {
    private static final long serialVersionUID = 1L;

    /** What kind of end it is; the HTTP status follows from it. */
    enum Kind {
        /** The flow ended with an exception. */
        FLOW("flow", 500),
        /** The limit passed; the flow may still end. */
        NO_ANSWER("no-answer", 504),
        /** The node could not be reached. */
        RPC("rpc", 502),
        /** The request is wrong. */
        REQUEST("request", 400),
        /** The driver itself failed: no node has said anything. */
        DRIVER("driver", 500);

        final String word;
        final int status;

        Kind(String word, int status) {
            this.word = word;
            this.status = status;
        }
    }

    final Kind kind;
    /** Exception chain, outermost first. */
    final List<String> chain;
    /** What the error counter counts it as. */
    final String countedAs;

    private Failure(Kind kind, String message, Throwable cause, List<String> chain, String countedAs) {
        super(message, cause);
        this.kind = kind;
        this.chain = chain;
        this.countedAs = countedAs;
    }

    static Failure request(String message) {
        return new Failure(Kind.REQUEST, message, null, Collections.emptyList(), "request");
    }

    static Failure noAnswer(String message) {
        return new Failure(Kind.NO_ANSWER, message, null, Collections.emptyList(), "no-answer");
    }

    static Failure rpc(String message, Throwable cause) {
        return new Failure(Kind.RPC, message, cause, ExceptionChain.of(cause), ExceptionChain.className(cause));
    }

    static Failure driver(String message) {
        return new Failure(Kind.DRIVER, message, null, Collections.emptyList(), "driver");
    }

    /** The end of a flow, as its node tells it. */
    static Failure flow(Throwable error) {
        return failed(error, Kind.FLOW);
    }

    /** An exception of anything else than a flow: of the connection, of the node that was asked, or the driver's own. */
    static Failure of(Throwable error) {
        return error instanceof Failure
                ? (Failure) error : failed(error, ExceptionChain.isOfNode(error) ? Kind.FLOW : Kind.DRIVER);
    }

    private static Failure failed(Throwable error, Kind unlessConnection) {
        Kind kind = ExceptionChain.isConnection(error) ? Kind.RPC : unlessConnection;
        List<String> chain = ExceptionChain.of(error);
        return new Failure(kind, chain.get(0), error, chain, ExceptionChain.className(error));
    }
}
