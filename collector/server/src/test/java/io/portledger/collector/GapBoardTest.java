package io.portledger.collector;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.records.v1.ExporterGap;
import io.portledger.records.v1.ExporterGap.Cause;
import org.junit.jupiter.api.Test;

class GapBoardTest {

    private final GapBoard board = new GapBoard();

    private static ExporterGap gap(String exporter, int domain, Cause cause, long from, long to, long lost) {
        return ExporterGap.newBuilder()
                .setExporter(exporter)
                .setObservationDomain(domain)
                .setCause(cause)
                .setFromMillis(from)
                .setToMillis(to)
                .setLostRecords(lost)
                .build();
    }

    @Test
    void gapsThatMeetAreOne() {
        board.report("a", 1, Cause.SEQUENCE, 100, 200, 3);
        board.report("a", 1, Cause.SEQUENCE, 200, 300, 4);
        board.report("a", 1, Cause.SEQUENCE, 50, 150, 1);

        assertThat(board.flush()).containsExactly(gap("a", 1, Cause.SEQUENCE, 50, 300, 8));
        assertThat(board.flush()).isEmpty();
    }

    @Test
    void gapsApartStayApart() {
        board.report("a", 1, Cause.SEQUENCE, 100, 200, 3);
        board.report("a", 1, Cause.SEQUENCE, 201, 300, 4);

        assertThat(board.flush())
                .containsExactly(gap("a", 1, Cause.SEQUENCE, 100, 200, 3), gap("a", 1, Cause.SEQUENCE, 201, 300, 4));
    }

    @Test
    void exportersDomainsAndCausesAreNotMixed() {
        board.report("a", 1, Cause.SEQUENCE, 100, 200, 0);
        board.report("b", 1, Cause.SEQUENCE, 100, 200, 0);
        board.report("a", 2, Cause.SEQUENCE, 100, 200, 0);
        board.report("a", 1, Cause.RESTART, 100, 200, 0);

        assertThat(board.flush()).hasSize(4);
    }

    @Test
    void anIntervalIsNeverTheWrongWayRoundNorBeforeTheBeginningOfTime() {
        board.report("a", 1, Cause.SEQUENCE, 300, 200, 0);
        board.report("b", 1, Cause.SEQUENCE, -2000, 200, 0);

        assertThat(board.flush())
                .containsExactly(gap("a", 1, Cause.SEQUENCE, 200, 200, 0), gap("b", 1, Cause.SEQUENCE, 0, 200, 0));
    }
}
