package io.portledger.webapp.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portledger.ledger.Retention;
import io.portledger.webapp.Samples;
import io.portledger.webapp.audit.AuditEvent.Asked;
import io.portledger.webapp.audit.AuditLog.Verification;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class AuditLogTest {

    private static final Clock CLOCK = Clock.fixed(Samples.AT, ZoneOffset.UTC);

    @TempDir
    Path directory;

    @Test
    void eachLineCarriesItsNumberAndTheHashOfTheLineBefore() throws Exception {
        write(3);
        List<String> lines = Files.readAllLines(file());
        assertThat(lines).hasSize(3);
        String previous = "0".repeat(64);
        for (int i = 0; i < lines.size(); i++) {
            JsonNode line = JsonMapper.shared().readTree(lines.get(i));
            assertThat(line.path("seq").asInt()).isEqualTo(i + 1);
            assertThat(line.path("time").asString()).isEqualTo("2026-11-23T14:02:07.000Z");
            assertThat(line.path("previous").asString()).isEqualTo(previous);
            previous = sha256(lines.get(i));
        }
        assertThat(AuditLog.verify(file())).isEqualTo(new Verification(3, previous, null));
    }

    @Test
    void aDeletionIsInTheLogBeforeAndAfterWithItsCutoff() throws Exception {
        Instant cutoff = Instant.parse("2026-01-01T00:00:00Z");
        try (AuditLog log = AuditLog.open(file(), Clock.systemUTC())) {
            log.append(new AuditEvent.Deleting(Retention.Kept.SESSIONS, cutoff, 12_346));
            log.append(new AuditEvent.Deleted(
                    new Retention.Deleted(Retention.Kept.SESSIONS, cutoff, 12_345, List.of("sessions-v1-2025.12.31"))));
        }

        List<String> lines = Files.readAllLines(file());
        JsonNode before = JsonMapper.shared().readTree(lines.get(0));
        assertThat(before.path("event").asString()).isEqualTo("DELETING");
        assertThat(before.path("kept").asString()).isEqualTo("SESSIONS");
        assertThat(before.path("cutoff").asString()).isEqualTo("2026-01-01T00:00:00.000Z");
        assertThat(before.path("documents").asLong()).isEqualTo(12_346);
        JsonNode after = JsonMapper.shared().readTree(lines.get(1));
        assertThat(after.path("event").asString()).isEqualTo("DELETED");
        assertThat(after.path("kept").asString()).isEqualTo("SESSIONS");
        assertThat(after.path("cutoff").asString()).isEqualTo("2026-01-01T00:00:00.000Z");
        assertThat(after.path("documents").asLong()).isEqualTo(12_345);
        assertThat(after.path("indices").get(0).asString()).isEqualTo("sessions-v1-2025.12.31");
    }

    @Test
    void theChainGoesOnAfterAReopening() throws Exception {
        write(2);
        write(2);
        Verification verification = AuditLog.verify(file());
        assertThat(verification.isIntact()).isTrue();
        assertThat(verification.lines()).isEqualTo(4);
    }

    @Test
    void theFileIsForItsOwnerOnly() throws Exception {
        write(1);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file())))
                .isEqualTo("rw-------");
    }

    static Stream<Arguments> tamperings() {
        return Stream.of(
                Arguments.of("a changed word", change(lines -> replace(lines, 1, "agnes", "berta")), 2),
                Arguments.of("a changed number", change(lines -> replace(lines, 1, "\"port\":1,", "\"port\":2,")), 2),
                Arguments.of("a line taken out", change(lines -> without(lines, 1)), 1),
                Arguments.of("the first line taken out", change(lines -> without(lines, 0)), 0),
                Arguments.of("a line doubled", change(lines -> inserted(lines, 2, lines.get(1))), 2),
                Arguments.of("two lines exchanged", change(lines -> swapped(lines, 1, 2)), 1),
                Arguments.of("a line that is no JSON", change(lines -> inserted(lines, 3, "# note")), 3));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("tamperings")
    void anyChangeBreaksTheChainAtTheNextLine(String what, UnaryOperator<List<String>> change, long intact)
            throws Exception {
        write(4);
        List<String> lines = Files.readAllLines(file());
        Files.write(file(), change.apply(new ArrayList<>(lines)));
        Verification verification = AuditLog.verify(file());
        assertThat(verification.isIntact()).as(what).isFalse();
        assertThat(verification.lines()).isEqualTo(intact);
        assertThat(verification.problem()).startsWith("Line " + (intact + 1) + ":");
    }

    @Test
    void anUnfinishedLineOfACrashIsKeptAsAnEventAndTheChainStaysWhole() throws Exception {
        write(2);
        Files.writeString(file(), "{\"seq\":3,\"ti", StandardOpenOption.APPEND);
        write(1);
        List<String> lines = Files.readAllLines(file());
        assertThat(lines).hasSize(4);
        JsonNode removed = JsonMapper.shared().readTree(lines.get(2));
        assertThat(removed.path("event").asString()).isEqualTo("TORN_LINE_REMOVED");
        assertThat(HexFormat.of().parseHex(removed.path("bytes").asString()))
                .asString(StandardCharsets.UTF_8)
                .isEqualTo("{\"seq\":3,\"ti");
        assertThat(AuditLog.verify(file()).isIntact()).isTrue();
    }

    @Test
    void anUnfinishedFirstLineLeavesANewChain() throws Exception {
        Files.writeString(file(), "{\"se");
        write(1);
        assertThat(AuditLog.verify(file()))
                .extracting(Verification::isIntact, Verification::lines)
                .containsExactly(true, 2L);
    }

    @Test
    void aFileThatIsNoAuditLogIsNotWrittenTo() throws Exception {
        Files.writeString(file(), "something else\n");
        assertThatThrownBy(() -> AuditLog.open(file(), CLOCK))
                .isInstanceOf(AuditException.class)
                .hasMessageContaining("not a line of an audit log");
        assertThat(file()).hasContent("something else\n");
    }

    @Test
    void twoLogsCannotWriteTheSameFile() throws Exception {
        try (AuditLog first = AuditLog.open(file(), CLOCK)) {
            first.append(asked(1));
            assertThatThrownBy(() -> AuditLog.open(file(), CLOCK))
                    .isInstanceOf(AuditException.class)
                    .hasMessageContaining("Another process");
        }
    }

    @Test
    void afterClosingNothingCanBeAppended() throws Exception {
        AuditLog log = AuditLog.open(file(), CLOCK);
        log.close();
        assertThatThrownBy(() -> log.append(asked(1)))
                .isInstanceOf(AuditException.class)
                .hasMessageContaining("No answer is given");
        assertThat(file()).isEmptyFile();
    }

    @Test
    void aDiskThatTakesNothingIsAnError() throws Exception {
        Path full = Files.createSymbolicLink(directory.resolve("full"), Path.of("/dev/full"));
        try (AuditLog log = AuditLog.open(full, CLOCK)) {
            assertThatThrownBy(() -> log.append(asked(1)))
                    .isInstanceOf(AuditException.class)
                    .hasMessageContaining("cannot be written")
                    .hasMessageContaining("no answer is given");
        }
        Files.delete(full);
    }

    @Test
    void manyThreadsWriteOneChain() throws Exception {
        int threads = 8;
        int each = 25;
        List<Future<List<Long>>> results = new ArrayList<>();
        try (AuditLog log = AuditLog.open(file(), CLOCK);
                ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            for (int t = 0; t < threads; t++) {
                results.add(pool.submit(() -> {
                    List<Long> numbers = new ArrayList<>();
                    for (int i = 0; i < each; i++) {
                        numbers.add(log.append(asked(i)));
                    }
                    return numbers;
                }));
            }
            List<Long> all = new ArrayList<>();
            for (Future<List<Long>> result : results) {
                all.addAll(result.get());
            }
            assertThat(all).doesNotHaveDuplicates().hasSize(threads * each);
        }
        assertThat(AuditLog.verify(file()))
                .extracting(Verification::isIntact, Verification::lines)
                .containsExactly(true, (long) threads * each);
    }

    private void write(int lines) throws IOException {
        try (AuditLog log = AuditLog.open(file(), CLOCK)) {
            for (int i = 0; i < lines; i++) {
                log.append(asked(i));
            }
        }
    }

    private static Asked asked(int port) {
        return new Asked("agnes", "REST", "198.51.100.9", Samples.question(port, Duration.ZERO), "C-\"1\" ü");
    }

    private Path file() {
        return directory.resolve("audit.jsonl");
    }

    private static UnaryOperator<List<String>> change(UnaryOperator<List<String>> change) {
        return change;
    }

    private static List<String> replace(List<String> lines, int index, String old, String replacement) {
        String changed = lines.get(index).replace(old, replacement);
        assertThat(changed).isNotEqualTo(lines.get(index));
        lines.set(index, changed);
        return lines;
    }

    private static List<String> without(List<String> lines, int index) {
        lines.remove(index);
        return lines;
    }

    private static List<String> inserted(List<String> lines, int index, String line) {
        lines.add(index, line);
        return lines;
    }

    private static List<String> swapped(List<String> lines, int one, int other) {
        String line = lines.get(one);
        lines.set(one, lines.get(other));
        lines.set(other, line);
        return lines;
    }

    private static String sha256(String line) throws Exception {
        return HexFormat.of()
                .formatHex(MessageDigest.getInstance("SHA-256").digest(line.getBytes(StandardCharsets.UTF_8)));
    }
}
