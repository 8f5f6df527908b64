package io.portledger.webapp.store;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.springframework.core.io.ClassPathResource;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.init.ScriptException;
import org.springframework.jdbc.datasource.init.ScriptUtils;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteDataSource;

/**
 * The application's own records, in one SQLite file of the data directory: what was committed survives {@code kill -9} and
 * loss of power. The schema is brought up to date when the file is opened.
 *
 * <p>Thread-safe. One process at a time.
 */
public final class Database implements AutoCloseable {

    /** Each brings the schema from the version before to its own; a script that was released never changes. */
    private static final List<String> SCRIPTS = List.of("1-cases.sql");

    private static final int CONNECTIONS = 4;
    private static final int BUSY_MILLIS = 10_000;

    private final HikariDataSource connections;
    private final JdbcClient jdbc;

    private Database(HikariDataSource connections) {
        this.connections = connections;
        this.jdbc = JdbcClient.create(connections);
    }

    /**
     * Opens the file, or begins it.
     *
     * @throws IllegalStateException if a newer version of the application wrote it
     */
    public static Database open(Path file) throws IOException {
        if (!Files.exists(file)) {
            Files.createFile(file);
            if (Files.getFileStore(file).supportsFileAttributeView("posix")) {
                Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
            }
        }
        SQLiteConfig config = new SQLiteConfig();
        config.setJournalMode(SQLiteConfig.JournalMode.WAL);
        config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
        config.enforceForeignKeys(true);
        config.setBusyTimeout(BUSY_MILLIS);
        SQLiteDataSource source = new SQLiteDataSource(config);
        source.setUrl("jdbc:sqlite:" + file.toAbsolutePath());
        HikariConfig pool = new HikariConfig();
        pool.setPoolName("records");
        pool.setDataSource(source);
        pool.setMaximumPoolSize(CONNECTIONS);
        Database database = new Database(new HikariDataSource(pool));
        try {
            database.bringUpToDate(file);
            return database;
        } catch (RuntimeException e) {
            database.close();
            throw e;
        }
    }

    /** Asks and changes; each statement is a transaction of its own. */
    public JdbcClient jdbc() {
        return jdbc;
    }

    @Override
    public void close() {
        connections.close();
    }

    private void bringUpToDate(Path file) {
        int version = jdbc.sql("PRAGMA user_version").query(Integer.class).single();
        if (version > SCRIPTS.size()) {
            throw new IllegalStateException(file + " was written by a newer version of the application (schema "
                    + version + ", known: " + SCRIPTS.size() + "). Start that one, or restore a copy from before.");
        }
        for (int next = version; next < SCRIPTS.size(); next++) {
            apply(SCRIPTS.get(next), next + 1);
        }
    }

    /** All of a script or nothing, whenever the process ends. */
    private void apply(String script, int version) {
        try (Connection connection = connections.getConnection()) {
            connection.setAutoCommit(false);
            ScriptUtils.executeSqlScript(connection, new ClassPathResource(script, Database.class));
            try (Statement statement = connection.createStatement()) {
                statement.execute("PRAGMA user_version = " + version);
            }
            connection.commit();
        } catch (SQLException | ScriptException e) {
            throw new IllegalStateException("The application's records cannot be brought up to date by " + script, e);
        }
    }
}
