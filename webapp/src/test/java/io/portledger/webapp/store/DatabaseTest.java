package io.portledger.webapp.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatabaseTest {

    @TempDir
    Path directory;

    @Test
    void onlyItsOwnerReadsTheFile() throws Exception {
        Path file = directory.resolve("records.sqlite");
        Database.open(file).close();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
    }

    @Test
    void theSchemaIsMadeOnceAndKept() throws Exception {
        Path file = directory.resolve("records.sqlite");
        try (Database database = Database.open(file)) {
            assertThat(version(database)).isPositive();
        }
        try (Database database = Database.open(file)) {
            assertThat(database.jdbc()
                            .sql("SELECT count(*) FROM cases")
                            .query(Integer.class)
                            .single())
                    .isZero();
        }
    }

    @Test
    void aFileOfANewerVersionIsNotTouched() throws Exception {
        Path file = directory.resolve("records.sqlite");
        try (Database database = Database.open(file)) {
            database.jdbc().sql("PRAGMA user_version = 1000").update();
        }
        assertThatThrownBy(() -> Database.open(file))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("newer version");
    }

    private static int version(Database database) {
        return database.jdbc().sql("PRAGMA user_version").query(Integer.class).single();
    }
}
