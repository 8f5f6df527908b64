package io.portledger.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogFileTest {

    @TempDir
    Path directory;

    @Test
    void keepsTheNewestFourFilesOfBoundedSize() throws IOException {
        Path file = directory.resolve("x.log");
        LogFile log = new LogFile(file, 100);
        for (int run = 1; run <= 7; run++) {
            int number = run;
            take(
                    log,
                    IntStream.range(0, 20)
                            .mapToObj(i -> "run %d line %02d\n".formatted(number, i))
                            .collect(Collectors.joining()));
        }
        try (var files = Files.list(directory)) {
            assertThat(files.map(p -> p.getFileName().toString()))
                    .containsExactlyInAnyOrder("x.log", "x.log.1", "x.log.2", "x.log.3");
        }
        // 14 octets a line: a file is full with its eighth.
        assertThat(file).content().startsWith("run 7 line 16\n").endsWith("run 7 line 19\n");
        assertThat(directory.resolve("x.log.1"))
                .content()
                .startsWith("run 7 line 08\n")
                .hasSize(8 * 14);
        assertThat(directory.resolve("x.log.3"))
                .content()
                .startsWith("run 6 line 12\n")
                .hasSize(8 * 14);
    }

    @Test
    void goesOnWhereAnEarlierRunEnded() throws IOException {
        LogFile log = new LogFile(directory.resolve("x.log"), 10_000);
        take(log, "one\n");
        take(new LogFile(log.path(), 10_000), "two\n");
        assertThat(log.path()).hasContent("one\ntwo\n");
        assertThat(log.lastLines(1)).containsExactly("two");
        assertThat(log.lastLines(5)).containsExactly("one", "two");
    }

    @Test
    void secretsAreNotWritten() throws IOException {
        LogFile log = new LogFile(directory.resolve("x.log"), 10_000);
        take(log, "one\nthe secret is 42\ntwo\n");
        assertThat(log.path()).hasContent("one\ntwo\n");
    }

    @Test
    void noLinesWithoutAFile() {
        assertThat(new LogFile(directory.resolve("x.log"), 100).lastLines(3)).isEmpty();
    }

    private static void take(LogFile log, String text) {
        log.take(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)), line -> line.contains("secret"));
    }
}
