package io.portledger.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataDirectoryTest {

    @TempDir
    Path directory;

    @Test
    void secondUserIsToldWhoTheFirstIs() throws Exception {
        Path root = directory.resolve("data");
        try (DataDirectory first = DataDirectory.open(root)) {
            assertThatThrownBy(() -> DataDirectory.open(root))
                    .isInstanceOf(StartException.class)
                    .hasMessageContaining(first.root().toString())
                    .hasMessageContaining("process " + ProcessHandle.current().pid())
                    .hasMessageContaining("--data");
        }
        DataDirectory.open(root).close();
    }

    @Test
    void secondProcessIsToldToo() throws Exception {
        Path root = directory.resolve("data");
        Process first = new ProcessBuilder(new Installation(Path.of(""))
                        .own(List.of("-Xmx32m"), Holder.class.getName(), List.of(root.toString())))
                .start();
        try {
            assertThat(first.inputReader().readLine()).isEqualTo("locked");
            assertThatThrownBy(() -> DataDirectory.open(root))
                    .isInstanceOf(StartException.class)
                    .hasMessageContaining("process " + first.pid());
        } finally {
            first.destroyForcibly().waitFor();
        }
        DataDirectory.open(root).close();
    }

    /** Locks a directory until it is killed. */
    public static final class Holder {
        public static void main(String[] arguments) throws Exception {
            try (DataDirectory data = DataDirectory.open(Path.of(arguments[0]))) {
                System.out.println(data.root().equals(Path.of(arguments[0])) ? "locked" : "elsewhere");
                Thread.currentThread().join();
            }
        }
    }

    @Test
    void onlyTheOwnerCanReadIt() throws Exception {
        Path root = directory.resolve("data");
        DataDirectory.open(root).close();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(root)))
                .isEqualTo("rwx------");
    }

    @Test
    void directoryThatCannotBeMadeIsExplained() throws IOException {
        Path file = Files.createFile(directory.resolve("file"));
        assertThatThrownBy(() -> DataDirectory.open(file.resolve("data")))
                .isInstanceOf(StartException.class)
                .hasMessageContaining("cannot be used")
                .hasMessageContaining("--data");
    }

    @Test
    void otherCommandsFindTheAddressesWhileItRuns() throws Exception {
        Path root = directory.resolve("data");
        try (DataDirectory data = DataDirectory.open(root)) {
            assertThat(DataDirectory.addresses(root)).isEmpty();
            Properties addresses = new Properties();
            addresses.setProperty("web", "http://127.0.0.1:8080");
            data.publishAddresses(addresses);
            assertThat(DataDirectory.addresses(root)).hasValue(addresses);
            data.forgetAddresses();
            assertThat(DataDirectory.addresses(root)).isEmpty();
        }
    }

    @Test
    void standardPlaceFollowsXdg() {
        assertThat(DataDirectory.standard("main", Map.of("XDG_DATA_HOME", "/x")))
                .isEqualTo(Path.of("/x/portledger/main"));
        assertThat(DataDirectory.standard("demo", Map.of()))
                .isEqualTo(Path.of(System.getProperty("user.home"), ".local/share/portledger/demo"));
    }
}
