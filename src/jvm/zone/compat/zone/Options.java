package compat.zone;

import compat.common.InputException;
import java.nio.file.Path;
import java.nio.file.Paths;

/** The command line. */
final class Options {
    static final String USAGE = "usage: compat.zone.Main HOST PORT FOLDER [--approve all|listed] [--poll SECONDS]";

    final String host;
    final int port;
    /** What survives a restart; made where it is not there. */
    final Path folder;
    /** Otherwise only names that were approved by the token's holder. */
    boolean approveAll = true;
    /** After how many seconds nodes ask again, for a certificate and for the network map. */
    int pollSeconds = 1;

    private Options(String host, int port, Path folder) {
        this.host = host;
        this.port = port;
        this.folder = folder;
    }

    static Options read(String[] arguments) throws InputException {
        if (arguments.length < 3 || arguments.length % 2 == 0) {
            throw new InputException(USAGE);
        }
        Options options = new Options(arguments[0], number("PORT", arguments[1], 65535), Paths.get(arguments[2]));
        for (int i = 3; i < arguments.length; i += 2) {
            String value = arguments[i + 1];
            switch (arguments[i]) {
                case "--approve":
                    if (!value.equals("all") && !value.equals("listed")) {
                        throw new InputException("--approve: all or listed, not " + value);
                    }
                    options.approveAll = value.equals("all");
                    break;
                case "--poll":
                    options.pollSeconds = number("--poll", value, 86400);
                    break;
                default:
                    throw new InputException("there is no option " + arguments[i] + "; " + USAGE);
            }
        }
        return options;
    }

    private static int number(String what, String text, int most) throws InputException {
        try {
            int number = Integer.parseInt(text);
            if (number >= 1 && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Told below.
        }
        throw new InputException(what + ": a whole number from 1 to " + most + " is needed, not " + text);
    }
}
