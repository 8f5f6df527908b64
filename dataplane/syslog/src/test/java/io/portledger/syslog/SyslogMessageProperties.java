package io.portledger.syslog;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.jspecify.annotations.Nullable;

class SyslogMessageProperties {

    @Property
    void whatIsWrittenIsReadAgain(@ForAll("messages") SyslogMessage message) throws SyslogParseException {
        assertThat(SyslogMessage.parse(message.toBytes())).isEqualTo(message);
    }

    @Property
    void anyOctetsAreReadOrRefusedWithAReason(@ForAll byte[] octets) {
        assertReadOrRefused(octets);
    }

    @Property
    void aDamagedMessageIsReadOrRefusedWithAReason(
            @ForAll("messages") SyslogMessage message,
            @ForAll @IntRange(min = 0, max = 4000) int position,
            @ForAll byte damage,
            @ForAll @IntRange(min = 0, max = 4000) int length) {
        byte[] octets = message.toBytes();
        octets[position % octets.length] = damage;
        assertReadOrRefused(java.util.Arrays.copyOf(octets, 1 + length % octets.length));
    }

    @SuppressWarnings("CatchAndPrintStackTrace") // the caught exception is the expected answer, looked at here
    private static void assertReadOrRefused(byte[] octets) {
        try {
            SyslogMessage message = SyslogMessage.parse(octets);
            assertThat(SyslogMessage.parse(message.toBytes())).isEqualTo(message);
        } catch (SyslogParseException e) {
            assertThat(e.getMessage()).isNotBlank();
        }
    }

    @Provide
    Arbitrary<SyslogMessage> messages() {
        Arbitrary<Integer> priority = Arbitraries.integers().between(0, 191);
        Arbitrary<@Nullable Instant> timestamp = Arbitraries.longs()
                .between(-62_167_219_200_000L, 253_402_300_799_999L)
                .map(Instant::ofEpochMilli)
                .map(instant -> instant.toEpochMilli() % 3 == 0 ? instant.plusNanos(456_000) : instant)
                .injectNull(0.1);
        Arbitrary<List<SdElement>> elements = Combinators.combine(sdName(), params())
                .as(SdElement::new)
                .list()
                .ofMaxSize(4)
                .uniqueElements(SdElement::id);
        Arbitrary<String> text = text().filter(s -> s.isEmpty() || s.charAt(0) != '\ufeff');
        return Combinators.combine(priority, timestamp, field(255), field(48), field(128), field(32), elements, text)
                .as((pri, at, host, app, proc, id, data, msg) ->
                        new SyslogMessage(pri >> 3, pri & 7, at, host, app, proc, id, data, msg, pri % 2 == 0));
    }

    private static Arbitrary<@Nullable String> field(int maxLength) {
        return Arbitraries.strings()
                .withCharRange('!', '~')
                .ofMinLength(1)
                .ofMaxLength(maxLength)
                .filter(s -> !s.equals("-"))
                .injectNull(0.1);
    }

    private static Arbitrary<String> sdName() {
        return Arbitraries.strings()
                .withCharRange('!', '~')
                .excludeChars('=', ']', '"')
                .ofMinLength(1)
                .ofMaxLength(32);
    }

    private static Arbitrary<List<SdElement.Param>> params() {
        return Combinators.combine(sdName(), text())
                .as(SdElement.Param::new)
                .list()
                .ofMaxSize(5);
    }

    private static Arbitrary<String> text() {
        Arbitrary<String> any = Arbitraries.strings()
                .all()
                .ofMaxLength(40)
                .filter(s -> new String(s.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8).equals(s));
        Arbitrary<String> awkward =
                Arbitraries.strings().withChars("\"\\] a=[\n\u20ac").ofMaxLength(12);
        return Arbitraries.oneOf(any, awkward);
    }
}
