package io.portledger.standalone.flink;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointsTest {

    @TempDir
    Path directory;

    @Test
    void newestIsByNumberAndOnlyIfComplete() throws IOException {
        complete("chk-9");
        complete("chk-10");
        Files.createDirectory(directory.resolve("chk-11"));
        complete("shared");
        complete("chk-99x");
        assertThat(Checkpoints.newest(directory)).hasValue(directory.resolve("chk-10"));
    }

    @Test
    void noneInAnEmptyOrMissingDirectory() throws IOException {
        assertThat(Checkpoints.newest(directory)).isEmpty();
        assertThat(Checkpoints.newest(directory.resolve("missing"))).isEmpty();
    }

    private void complete(String name) throws IOException {
        Files.createFile(Files.createDirectory(directory.resolve(name)).resolve("_metadata"));
    }
}
