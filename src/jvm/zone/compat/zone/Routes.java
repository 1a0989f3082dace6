package compat.zone;

import java.util.LinkedHashMap;
import java.util.Map;

/** Which path does what. */
final class Routes {
    /** Answers one path. */
    interface Route {
        Reply answer(Call call) throws Exception;
    }

    /** A route found for a path. */
    static final class Match {
        /** As it was written: `GET /certificate/{id}`. */
        final String name;
        final Route route;
        final String id;

        private Match(String name, Route route, String id) {
            this.name = name;
            this.route = route;
            this.id = id;
        }
    }

    private static final String ID = "/{id}";

    private final Map<String, Route> routes = new LinkedHashMap<>();

    /** @param name method and path; a path may end in `/{id}` */
    void add(String name, Route route) {
        routes.put(name, route);
    }

    Match match(String method, String path) throws Refusal {
        String asked = method + " " + path;
        Route exact = routes.get(asked);
        if (exact != null) {
            return new Match(asked, exact, "");
        }
        int slash = asked.lastIndexOf('/');
        String name = asked.substring(0, slash) + ID;
        Route withId = routes.get(name);
        if (withId == null) {
            throw Refusal.unknown("there is no " + asked);
        }
        return new Match(name, withId, asked.substring(slash + 1));
    }
}
