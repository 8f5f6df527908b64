package io.portledger.collector.dialect;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class BuiltInDialectsTest {

    private static final Dialects ALL = Dialects.load(null, Map.of());

    static Stream<Dialect> dialects() {
        return ALL.all().stream();
    }

    private static SyslogText text(String message, Instant received) {
        return SyslogText.of(message.getBytes(StandardCharsets.UTF_8), received, ZoneOffset.UTC);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("dialects")
    void readsItsSamples(Dialect dialect) {
        assertThat(dialect.check()).isEmpty();
        assertThat(dialect.samples())
                .as("each has an allocation, a release and something hostile")
                .hasSizeGreaterThanOrEqualTo(4)
                .anyMatch(sample -> sample.result() == Sample.Result.UNUSABLE)
                .anyMatch(sample -> sample.record() != null
                        && String.valueOf(sample.record().kind()).equals("ALLOCATED"))
                .anyMatch(sample -> sample.record() != null
                        && String.valueOf(sample.record().kind()).equals("RELEASED"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("dialects")
    void itsSamplesAreReadTheSameAmongAllDialects(Dialect dialect) {
        for (Sample sample : dialect.samples()) {
            Dialects.Found found =
                    ALL.read(text(sample.message(), sample.receivedOrDefault()), "", sample.receivedOrDefault());
            Sample.Expected expected = sample.record();
            if (expected != null) {
                assertThat(found).as(sample.message()).satisfies(read -> {
                    assertThat(requireNonNull(read).dialect().name()).isEqualTo(dialect.name());
                    assertThat(read.outcome()).isEqualTo(new Outcome.Fact(expected.fact()));
                });
            } else {
                assertThat(found == null || !(found.outcome() instanceof Outcome.Fact))
                        .as(sample.message())
                        .isTrue();
            }
        }
    }

    /** Whatever is put in, the message is refused or means the same: it never means something else. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("dialects")
    void whatIsPutIntoAMessageNeverMakesAnotherRecordOfIt(Dialect dialect) {
        for (Sample sample : dialect.samples()) {
            Sample.Expected expected = sample.record();
            if (expected == null) {
                continue;
            }
            for (String hostile : hostile(dialect)) {
                String message = sample.message();
                int header = message.indexOf(": ") < 0 ? 60 : message.indexOf(": ");
                for (int at = header; at <= message.length(); at++) {
                    if (at == message.length() || !Character.isLetterOrDigit(message.charAt(at))) {
                        String changed = message.substring(0, at) + hostile + message.substring(at);
                        Dialects.Found found =
                                ALL.read(text(changed, sample.receivedOrDefault()), "", sample.receivedOrDefault());
                        if (found != null && found.outcome() instanceof Outcome.Fact fact) {
                            assertThat(fact.fact()).as(changed).isEqualTo(expected.fact());
                        }
                    }
                }
            }
        }
    }

    /** Control characters, quotes, and the whole of the other messages, each in several disguises. */
    private static List<String> hostile(Dialect dialect) {
        List<String> texts = new ArrayList<>(
                List.of("\n", "\u0000", "\r\n", "\u202e", "\"", "]", "\\", " ", "|", "=", "x".repeat(9000)));
        for (Sample sample : dialect.samples()) {
            if (sample.record() != null) {
                String body = text(sample.message(), sample.receivedOrDefault()).body();
                texts.addAll(List.of(body, "\n" + sample.message(), " " + body, "\" " + body, "] " + body + " ["));
            }
        }
        return texts;
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("dialects")
    void aMessageThatIsCutAnywhereNamesNobodyElse(Dialect dialect) {
        for (Sample sample : dialect.samples()) {
            Sample.Expected expected = sample.record();
            if (expected == null) {
                continue;
            }
            for (int length = 0; length < sample.message().length(); length++) {
                Dialects.Found found = ALL.read(
                        text(sample.message().substring(0, length), sample.receivedOrDefault()),
                        "",
                        sample.receivedOrDefault());
                if (found != null && found.outcome() instanceof Outcome.Fact fact) {
                    assertThat(fact.fact().ipv4()).isEqualTo(expected.fact().ipv4());
                    assertThat(fact.fact().insideIpv4())
                            .isEqualTo(expected.fact().insideIpv4());
                }
            }
        }
    }

    @Test
    void thoseThatAreNotVerifiedSaySo() {
        assertThat(ALL.all().stream().filter(dialect -> !dialect.isVerified()).map(Dialect::name))
                .containsExactly("juniper-pba-text", "juniper-ms-pic", "a10-cef", "a10-ascii", "f5-lsn", "nokia-sros");
        assertThat(ALL.all()).allSatisfy(dialect -> assertThat(dialect.source()).isNotBlank());
    }
}
