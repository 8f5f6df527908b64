package io.portledger.syslog;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;

class Rfc3164Properties {

    private static final DateTimeFormatter BSD = DateTimeFormatter.ofPattern("MMM ppd HH:mm:ss", Locale.ENGLISH);

    private static Rfc3164Message parse(String text, Instant received, ZoneId zone) {
        return Rfc3164Message.parse(text.getBytes(StandardCharsets.UTF_8), received, zone);
    }

    @Property
    void aTimeWithoutYearIsReadBackIfItIsReceivedWithinHalfAYear(
            @ForAll @LongRange(min = 946_684_800L, max = 4_102_444_800L) long received,
            @ForAll @IntRange(min = -15_552_000, max = 15_552_000) int later) {
        Instant time = Instant.ofEpochSecond(received - later);
        String text = "<14>" + BSD.format(time.atZone(ZoneOffset.UTC)) + " host tag: x";

        assertThat(parse(text, Instant.ofEpochSecond(received), ZoneOffset.UTC).timestamp())
                .isEqualTo(time);
    }

    @Property
    void inAZoneWithSummerTimeATimeThatIsReceivedSoonIsReadBack(
            @ForAll @LongRange(min = 946_684_800L, max = 2_145_916_800L) long at,
            @ForAll @IntRange(min = 0, max = 1_700) int later) {
        ZoneId zone = ZoneId.of("Europe/Berlin");
        Instant time = Instant.ofEpochSecond(at);
        String text = "<14>" + BSD.format(time.atZone(zone)) + " host tag: x";

        assertThat(parse(text, time.plusSeconds(later), zone).timestamp()).isEqualTo(time);
    }
}
