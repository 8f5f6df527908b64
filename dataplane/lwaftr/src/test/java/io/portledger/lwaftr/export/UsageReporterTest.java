package io.portledger.lwaftr.export;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.lwaftr.BindingChange;
import io.portledger.lwaftr.BindingUsage;
import io.portledger.lwaftr.forwarding.BindingTable;
import io.portledger.lwaftr.forwarding.BindingVolume;
import io.portledger.lwaftr.provisioning.Origin;
import io.portledger.softwire.Binding;
import io.portledger.softwire.PortSet;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What it counts is the business of {@code UsageAccountingProperties}; here are ends of bindings and ports. */
class UsageReporterTest {

    private static final Instant START = Changes.CREATED_AT;
    private static final BindingVolume CARRIED = new BindingVolume(1, 2, 3, 4);

    private final BindingTable table = new BindingTable();
    private final List<BindingUsage> told = new ArrayList<>();
    private final List<Boolean> wereOfAll = new ArrayList<>();
    private final UsageReporter reporter = new UsageReporter(
            table,
            _ -> null,
            Duration.ofMinutes(5),
            new UsageReceiver() {
                @Override
                public void onUsage(BindingUsage usage, boolean isOfAll) {
                    told.add(usage);
                    wereOfAll.add(isOfAll);
                }

                @Override
                public boolean hasRoomForUsage() {
                    return true;
                }
            },
            START);

    @AfterEach
    void free() {
        table.close();
    }

    @Test
    void reportsTheRestWhenABindingEnds() {
        begin(Changes.RANGE, START.plusSeconds(1));
        end(Changes.RANGE, START.plusSeconds(61), CARRIED);
        assertThat(told)
                .containsExactly(new BindingUsage(
                        START.plusSeconds(1).toEpochMilli(),
                        START.plusSeconds(61).toEpochMilli(),
                        binding(Changes.RANGE),
                        null,
                        CARRIED,
                        1));
        assertThat(wereOfAll).containsExactly(false);
    }

    @Test
    void reportsNothingOfABindingThatCarriedNothing() {
        begin(Changes.RANGE, START);
        reporter.turn(START.plusSeconds(300));
        end(Changes.RANGE, START.plusSeconds(301), new BindingVolume(0, 0, 0, 0));
        assertThat(told).isEmpty();
    }

    @Test
    void knowsWhichReportsAreAsManyAsThereAreBindings() {
        begin(Changes.RANGE, START);
        reporter.onChangeOfAll(ended(Changes.RANGE, START.plusSeconds(1), CARRIED));
        assertThat(wereOfAll).containsExactly(true);
    }

    @Test
    void aBindingOfBeforeTheProcessCountsFromItsStart() {
        put(Changes.RANGE);
        reporter.onChange(
                Changes.change(BindingChange.Kind.SNAPSHOT, START.minusSeconds(1000), Changes.RANGE, Changes.BR, null));
        end(Changes.RANGE, START.plusSeconds(2), CARRIED);
        assertThat(told).extracting(BindingUsage::fromMillis).containsExactly(START.toEpochMilli());
    }

    @Test
    void countsEachPortOfABindingOnce() {
        begin(Changes.RANGE, START);
        for (int port : new int[] {34816, 34816, 35839, 35000, 34815, 35840, 80}) {
            reporter.onPortInUse(Changes.IPV4.bits(), port);
        }
        reporter.onPortInUse(Changes.IPV4.plus(1).bits(), 34816);
        end(Changes.RANGE, START.plusSeconds(2), CARRIED);
        assertThat(told).extracting(BindingUsage::portsInUse).containsExactly(3);
    }

    @Test
    void countsThePortsOfAScatteredSetAndOfAWholeAddress() {
        for (PortSet ports : List.of(Changes.SCATTERED, PortSet.WHOLE_ADDRESS, new PortSet(1, 5, 16))) {
            begin(ports, START);
            for (int i = 0; i < ports.portCount(); i++) {
                reporter.onPortInUse(Changes.IPV4.bits(), ports.portAt(i));
            }
            end(ports, START.plusSeconds(2), CARRIED);
            assertThat(told.getLast().portsInUse()).isEqualTo(ports.portCount());
        }
    }

    @Test
    void forgetsPortsWithTheBindingThatHadThem() {
        begin(Changes.RANGE, START);
        reporter.onPortInUse(Changes.IPV4.bits(), 34816);
        reporter.onPortInUse(Changes.IPV4.bits(), 34817);
        end(Changes.RANGE, START.plusSeconds(2), new BindingVolume(0, 0, 0, 0));
        begin(Changes.RANGE, START.plusSeconds(2));
        end(Changes.RANGE, START.plusSeconds(4), new BindingVolume(1, 1, 0, 0));
        assertThat(told).extracting(BindingUsage::portsInUse).containsExactly(0);
    }

    @Test
    void takesNoMoreOfASnapshotAtOnceThanItHasTimeFor() {
        assertThat(reporter.hasRoomForSnapshot()).isTrue();
        for (int i = 0; i < 50_000; i++) {
            reporter.onChange(Changes.change(BindingChange.Kind.SNAPSHOT, START, Changes.RANGE, Changes.BR, null));
        }
        assertThat(reporter.hasRoomForSnapshot()).isFalse();
        reporter.turn(START.plusSeconds(1));
        assertThat(reporter.hasRoomForSnapshot()).isTrue();
    }

    private static Binding binding(PortSet ports) {
        return Changes.created(ports, Changes.BR, null).binding();
    }

    private void put(PortSet ports) {
        table.put(binding(ports));
    }

    private void begin(PortSet ports, Instant at) {
        put(ports);
        reporter.onChange(Changes.change(BindingChange.Kind.CREATED, at, ports, Changes.BR, null));
    }

    private void end(PortSet ports, Instant at, BindingVolume volume) {
        table.remove(Changes.IPV4, ports);
        reporter.onChange(ended(ports, at, volume));
    }

    private static BindingChange ended(PortSet ports, Instant at, BindingVolume volume) {
        return new BindingChange(BindingChange.Kind.DELETED, at, binding(ports), Origin.PCP, volume);
    }
}
