package io.portledger.webapp.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VerifyAuditLogTest {

    @TempDir
    Path directory;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    @BeforeEach
    void write() throws IOException {
        try (AuditLog log = AuditLog.open(file(), Clock.systemUTC())) {
            for (int i = 0; i < 3; i++) {
                log.append(new AuditEvent.SignedOut("agnes" + i, "198.51.100.9"));
            }
        }
    }

    @Test
    void anIntactLogTellsItsLinesAndItsLastHash() throws IOException {
        assertThat(run(file(), null)).isZero();
        assertThat(said()).contains("3 lines are intact, last hash " + hashOfLine(2));
    }

    @Test
    void aChangedLineIsNamed() throws IOException {
        Files.writeString(file(), Files.readString(file()).replace("agnes1", "berta1"));
        assertThat(run(file(), null)).isEqualTo(1);
        assertThat(said()).contains("2 lines are intact", "Line 3: it does not carry the hash");
    }

    @Test
    void anEarlierHashIsFoundWhereItWas() throws IOException {
        assertThat(run(file(), hashOfLine(1))).isZero();
        assertThat(said()).contains("The expected hash is that of line 2");
    }

    @Test
    void linesCutOffAtTheEndAreNoticedByTheExpectedHash() throws IOException {
        String hash = hashOfLine(2);
        List<String> lines = Files.readAllLines(file());
        Files.write(file(), lines.subList(0, 2));
        assertThat(run(file(), null)).isZero();
        assertThat(run(file(), hash)).isEqualTo(1);
        assertThat(said()).contains("No line has the expected hash");
    }

    @Test
    void whatCannotBeCheckedIsNeitherGoodNorBad() {
        assertThat(run(directory.resolve("missing"), null)).isEqualTo(2);
        assertThat(run(file(), "abc")).isEqualTo(2);
        assertThat(said()).contains("cannot be read", "64 hexadecimal digits");
    }

    private int run(Path file, @Nullable String hash) {
        PrintStream print = new PrintStream(out, true, StandardCharsets.UTF_8);
        return VerifyAuditLog.run(file, hash, print, print);
    }

    private String said() {
        return out.toString(StandardCharsets.UTF_8);
    }

    private String hashOfLine(int index) throws IOException {
        return Sha256.hex(Files.readAllLines(file()).get(index).getBytes(StandardCharsets.UTF_8));
    }

    private Path file() {
        return directory.resolve("audit.jsonl");
    }
}
