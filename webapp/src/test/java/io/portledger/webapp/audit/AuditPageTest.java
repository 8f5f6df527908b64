package io.portledger.webapp.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.webapp.Samples;
import io.portledger.webapp.audit.AuditPage.Filter;
import io.portledger.webapp.audit.AuditPage.Line;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuditPageTest {

    @TempDir
    Path directory;

    @Test
    void thePagesTogetherAreTheWholeLogNewestFirst() throws IOException {
        int count = 3 * AuditPage.MOST_LINES + 7;
        write(count, "x".repeat(8_000));
        assertThat(Files.size(file())).as("more than one block of the file").isGreaterThan(1 << 20);
        List<Long> numbers = new ArrayList<>();
        long before = AuditDesk.NEWEST;
        int pages = 0;
        do {
            AuditPage page = AuditPage.read(file(), Filter.NONE, before);
            assertThat(page.lines()).hasSizeLessThanOrEqualTo(AuditPage.MOST_LINES);
            page.lines().forEach(line -> numbers.add(line.number()));
            before = page.older();
            pages++;
        } while (before > 0);
        assertThat(pages).isEqualTo(4);
        List<Long> expected =
                new ArrayList<>(LongStream.rangeClosed(1, count).boxed().toList());
        Collections.reverse(expected);
        assertThat(numbers).isEqualTo(expected);
    }

    @Test
    void anEmptyLogIsAnEmptyPage() throws IOException {
        write(0, "");
        assertThat(AuditPage.read(file(), Filter.NONE, AuditDesk.NEWEST)).isEqualTo(new AuditPage(List.of(), 0, ""));
    }

    @Test
    void aLineThatIsBeingWrittenIsNotShown() throws IOException {
        write(2, "");
        Files.writeString(file(), "{\"seq\":3,\"ti", StandardOpenOption.APPEND);
        assertThat(AuditPage.read(file(), Filter.NONE, AuditDesk.NEWEST).lines())
                .extracting(Line::number)
                .containsExactly(2L, 1L);
    }

    @Test
    void filtersChooseByUserEventCaseAndTime() throws IOException {
        Instant day = Instant.parse("2026-11-20T00:00:00Z");
        for (int i = 0; i < 4; i++) {
            try (AuditLog log = AuditLog.open(file(), Clock.fixed(day.plus(Duration.ofHours(i)), ZoneOffset.UTC))) {
                log.append(new AuditEvent.Asked(
                        i % 2 == 0 ? "agnes" : "berta", "REST", "", Samples.question(1, Duration.ZERO), "Case-" + i));
                log.append(new AuditEvent.SignedOut("agnes", ""));
            }
        }
        assertThat(numbers(new Filter("berta", "", "", null, null))).containsExactly(7L, 3L);
        assertThat(numbers(new Filter("agnes", "QUESTION", "", null, null))).containsExactly(5L, 1L);
        assertThat(numbers(new Filter("", "", "case-3", null, null))).containsExactly(7L);
        assertThat(numbers(new Filter("", "", "", day.plus(Duration.ofHours(1)), day.plus(Duration.ofHours(3)))))
                .containsExactly(6L, 5L, 4L, 3L);
        assertThat(numbers(new Filter("nobody", "", "", null, null))).isEmpty();
    }

    @Test
    void aUserIsFoundWhoWasChangedByAnother() throws IOException {
        try (AuditLog log = AuditLog.open(file(), Clock.systemUTC())) {
            log.append(new AuditEvent.AccountChanged(
                    AuditEvent.AccountChanged.Change.ROLES_CHANGED, "operator", "", "agnes", List.of("NOC"), null));
        }
        assertThat(AuditPage.read(file(), new Filter("agnes", "", "", null, null), AuditDesk.NEWEST)
                        .lines())
                .singleElement()
                .satisfies(line -> assertThat(line.rest()).contains("user=agnes", "roles=[\"NOC\"]"));
    }

    private List<Long> numbers(Filter filter) throws IOException {
        return AuditPage.read(file(), filter, AuditDesk.NEWEST).lines().stream()
                .map(Line::number)
                .toList();
    }

    private void write(int count, String reason) throws IOException {
        try (AuditLog log = AuditLog.open(file(), Clock.systemUTC())) {
            for (int i = 0; i < count; i++) {
                log.append(new AuditEvent.Asked("agnes", "REST", "", Samples.question(i, Duration.ZERO), reason));
            }
        }
    }

    private Path file() {
        return directory.resolve("audit.jsonl");
    }
}
