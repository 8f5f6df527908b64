package io.portledger.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The command with the web application's program, as they are packaged. */
class AuditCommandTest {

    @TempDir
    Path directory;

    private final StringWriter out = new StringWriter();
    private String lastHash = "";

    @BeforeEach
    void write() throws Exception {
        String first =
                "{\"seq\":1,\"event\":\"SIGNED_OUT\",\"who\":\"agnes\",\"previous\":\"%s\"}".formatted("0".repeat(64));
        String second =
                "{\"seq\":2,\"event\":\"SIGNED_OUT\",\"who\":\"berta\",\"previous\":\"%s\"}".formatted(sha256(first));
        lastHash = sha256(second);
        Files.writeString(log(), first + "\n" + second + "\n");
    }

    @Test
    void anIntactLogIsSaidToBeSo() {
        assertThat(verify("--expect-last-hash", lastHash)).isZero();
        assertThat(out.toString()).contains("2 lines are intact, last hash " + lastHash, "that of line 2");
    }

    @Test
    void aChangedLogIsFoundOut() throws IOException {
        Files.writeString(log(), Files.readString(log()).replace("agnes", "nobody"));
        assertThat(verify()).isEqualTo(1);
        assertThat(out.toString()).contains("1 lines are intact", "Line 2: it does not carry the hash");
    }

    @Test
    void aMissingLogIsNeitherGoodNorBad() throws IOException {
        Files.delete(log());
        assertThat(verify()).isEqualTo(2);
        assertThat(out.toString()).contains("There is no file " + log());
    }

    private int verify(String... more) {
        String[] arguments = new String[3 + more.length + 1];
        arguments[0] = "audit";
        arguments[1] = "verify";
        arguments[2] = "--file";
        arguments[3] = log().toString();
        System.arraycopy(more, 0, arguments, 4, more.length);
        CommandLine line = Portledger.commandLine();
        line.setOut(new PrintWriter(out, true));
        line.setErr(new PrintWriter(out, true));
        return line.execute(arguments);
    }

    private Path log() {
        return directory.resolve("audit.jsonl");
    }

    private static String sha256(String line) throws Exception {
        return HexFormat.of()
                .formatHex(MessageDigest.getInstance("SHA-256").digest(line.getBytes(StandardCharsets.UTF_8)));
    }
}
