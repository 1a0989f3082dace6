package compat.driver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** A node's own database, read by JDBC, H2 through the server inside the node: what RPC does not tell. Never written to. */
final class Database {
    /** 4.0 and later; 3.x. Both have the columns read here. */
    private static final String[] NOTARY_LOGS = {"NODE_NOTARY_COMMITTED_STATES", "NODE_NOTARY_COMMIT_LOG"};

    /** Of a row of VAULT_STATES. */
    private static final int UNCONSUMED = 0;
    /** By the number that VAULT_STATES has for them. */
    private static final String[] CONSTRAINTS = {"always-accept", "hash", "whitelisted", "signature"};

    private final String url;
    private final String user;
    private final String password;

    private Database(String url, String user, String password) {
        this.url = url;
        this.user = user;
        this.password = password;
    }

    /** Of {@code {"url": "jdbc:…", "user": "…", "password": "…"}}; the password may be empty. */
    static Database of(JsonNode json) throws Failure {
        Request request = new Request(json);
        return new Database(request.text("url"), request.text("user"), json.path("password").asText());
    }

    /** Ids of the transactions that the node has recorded: as verified, and, where its release tells, as not verified. */
    void transactions(ObjectNode into) throws SQLException {
        try (Connection connection = open()) {
            // The status came with 4.5; before, what stands in the table is verified.
            boolean tells = hasColumn(connection, "NODE_TRANSACTIONS", "STATUS");
            String all = "select tx_id from node_transactions";
            ids(connection, tells ? all + " where status = 'V'" : all, into.putArray("transactions"));
            if (tells) {
                ids(connection, all + " where status <> 'V'", into.putArray("unverified"));
            }
        }
    }

    private static void ids(Connection connection, String query, ArrayNode into) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            while (rows.next()) {
                into.add(rows.getString(1));
            }
        }
    }

    /** Every cash state of the vault, spent ones too. */
    void cashRows(ArrayNode into) throws SQLException {
        try (Connection connection = open()) {
            // 4.0 came with the one, 4.11 with the other.
            String constraint = hasColumn(connection, "VAULT_STATES", "CONSTRAINT_TYPE") ? "s.constraint_type" : "null";
            String consumer = hasColumn(connection, "VAULT_STATES", "CONSUMING_TX_ID") ? "s.consuming_tx_id" : "null";
            String query = "select s.transaction_id, s.output_index, c.pennies, c.ccy_code, s.state_status, s.lock_id, "
                    + constraint + ", " + consumer + ", s.notary_name from vault_states s join contract_cash_states c"
                    + " on s.transaction_id = c.transaction_id and s.output_index = c.output_index";
            try (Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery(query)) {
                while (rows.next()) {
                    cashRow(rows, into.addObject());
                }
            }
        }
    }

    private static void cashRow(ResultSet rows, ObjectNode into) throws SQLException {
        into.put("transaction", rows.getString(1));
        into.put("index", rows.getInt(2));
        into.put("amount", rows.getLong(3));
        into.put("currency", rows.getString(4));
        into.put("spent", rows.getInt(5) != UNCONSUMED);
        putIfPresent(into, "lock", rows.getString(6));
        String constraint = rows.getString(7);
        putIfPresent(into, "constraint", constraint == null ? null : CONSTRAINTS[Integer.parseInt(constraint)]);
        putIfPresent(into, "consumedBy", rows.getString(8));
        putIfPresent(into, "notary", rows.getString(9));
    }

    private static void putIfPresent(ObjectNode into, String name, String value) {
        if (value != null) {
            into.put(name, value);
        }
    }

    int checkpoints() throws SQLException {
        try (Connection connection = open();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("select count(*) from node_checkpoints")) {
            rows.next();
            return rows.getInt(1);
        }
    }

    /** @throws Failure {@code request} when the node has no notary's log */
    void notaryLog(ArrayNode into) throws SQLException, Failure {
        try (Connection connection = open()) {
            String query = "select transaction_id, output_index, consuming_transaction_id from " + notaryTable(connection);
            try (Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery(query)) {
                while (rows.next()) {
                    ObjectNode commit = into.addObject();
                    commit.put("transaction", rows.getString(1));
                    commit.put("index", rows.getInt(2));
                    commit.put("consumedBy", rows.getString(3));
                }
            }
        }
    }

    private static String notaryTable(Connection connection) throws SQLException, Failure {
        for (String table : NOTARY_LOGS) {
            if (hasColumn(connection, table, "CONSUMING_TRANSACTION_ID")) {
                return table;
            }
        }
        throw Failure.request("this node is no notary: its database has neither of " + String.join(", ", NOTARY_LOGS));
    }

    private static boolean hasColumn(Connection connection, String table, String column) throws SQLException {
        String query = "select 1 from information_schema.columns where upper(table_name) = ? and upper(column_name) = ?";
        try (PreparedStatement statement = connection.prepareStatement(query)) {
            statement.setString(1, table);
            statement.setString(2, column);
            try (ResultSet rows = statement.executeQuery()) {
                return rows.next();
            }
        }
    }

    private Connection open() throws SQLException {
        Connection connection = DriverManager.getConnection(url, user, password);
        connection.setReadOnly(true);
        return connection;
    }
}
