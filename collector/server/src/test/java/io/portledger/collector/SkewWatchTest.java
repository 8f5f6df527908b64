package io.portledger.collector;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.records.v1.ExporterGap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SkewWatchTest {

    private final GapBoard gapBoard = new GapBoard();
    private final SkewWatch watch = new SkewWatch(gapBoard, 5_000, 2_000);

    @ParameterizedTest(name = "a clock that shows {0} to {1} at 100000: {2}")
    @CsvSource({
        "100000, 100999, none",
        "94001, 95000, none",
        "94000, 94999, 89998-105001",
        "105000, 105999, none",
        "105001, 106000, 94999-111001",
    })
    void aDifferenceBeyondWhatIsAllowedIsAGap(long earliest, long latest, String gap) {
        watch.compare("192.0.2.1", 7, earliest, latest, 100_000);
        watch.close();

        if (gap.equals("none")) {
            assertThat(gapBoard.flush()).isEmpty();
        } else {
            assertThat(gapBoard.flush()).singleElement().satisfies(found -> {
                assertThat(found.getCause()).isEqualTo(ExporterGap.Cause.SKEW);
                assertThat(found.getObservationDomain()).isEqualTo(7);
                assertThat(found.getFromMillis() + "-" + found.getToMillis()).isEqualTo(gap);
            });
        }
    }

    @Test
    void whatWasOnItsWayForAnUnknownTimeIsOnlyEverAhead() {
        watch.compare("192.0.2.1", 0, Long.MIN_VALUE, 1_000, 100_000);
        watch.compare("192.0.2.1", 0, Long.MIN_VALUE, 105_000, 100_000);
        watch.close();
        assertThat(gapBoard.flush()).isEmpty();

        watch.compare("192.0.2.1", 0, Long.MIN_VALUE, 105_001, 100_000);
        watch.close();
        assertThat(gapBoard.flush()).hasSize(1);
    }

    @Test
    void whatAnExporterShowsWithinAShortTimeIsOneGap() {
        for (int i = 0; i < 2_000; i++) {
            watch.compare("192.0.2.1", 0, Long.MIN_VALUE, 160_000 + i, 100_000 + i);
            watch.expire(100_000 + i);
        }
        assertThat(gapBoard.flush()).isEmpty();
        watch.expire(102_000);

        assertThat(gapBoard.flush()).singleElement().satisfies(gap -> {
            assertThat(gap.getFromMillis()).isEqualTo(40_000);
            assertThat(gap.getToMillis()).isEqualTo(221_999);
        });
    }
}
