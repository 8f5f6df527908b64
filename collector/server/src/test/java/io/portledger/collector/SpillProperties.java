package io.portledger.collector;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.records.BindingEventBlock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class SpillProperties {

    /** Kills, reads, finished batches and deletions in any order: each batch comes in order, and none is forgotten. */
    @Property(tries = 60)
    void nothingThatIsUnfinishedIsEverForgotten(
            @ForAll @Size(max = 120) List<@IntRange(min = 0, max = 9) Integer> steps) throws Exception {
        Path directory = Files.createTempDirectory("portledger-spill");
        try {
            TestClock clock = new TestClock(1_000_000);
            Spill spill = Spill.open(directory, 120, false, clock, OptionalLong.empty());
            Set<String> finished = new HashSet<>();
            List<String> written = new ArrayList<>();
            List<Spill.Entry> inHand = new ArrayList<>();
            String last = "";
            for (int step : steps) {
                clock.advance(1);
                if (step < 5) {
                    int value = 1_000_000 + written.size();
                    written.add("record " + value);
                    spill.append(SpillTest.batch(value), BindingEventBlock.EMPTY, 1, false);
                } else if (step < 7) {
                    Spill.Entry entry = spill.read();
                    if (entry != null) {
                        spill.advance(entry, true);
                        String value = SpillTest.values(entry.records()).getFirst();
                        assertThat(value).as("in order").isGreaterThan(last);
                        last = value;
                        inHand.add(entry);
                    }
                } else if (step == 7 && !inHand.isEmpty()) {
                    Spill.Entry entry = inHand.removeLast();
                    spill.finish(entry.place());
                    finished.addAll(SpillTest.values(entry.records()));
                } else if (step == 8) {
                    spill.deleteFinished();
                } else if (step == 9) {
                    // Killed: not closed.
                    spill = Spill.open(directory, 120, false, clock, OptionalLong.empty());
                    inHand.clear();
                    last = "";
                }
            }
            Spill after = Spill.open(directory, 120, false, clock, OptionalLong.empty());
            Set<String> left = new HashSet<>(finished);
            left.addAll(readAll(after));
            assertThat(left).containsAll(written);
            after.close(true);
        } finally {
            delete(directory);
        }
    }

    /** Whatever happens to the octets on disk: what is read was written, in order, and what is missing is told. */
    @Property(tries = 100)
    void damageIsNeverFatalAndNeverSilent(
            @ForAll long seed, @ForAll @IntRange(min = 1, max = 4) int faults, @ForAll @IntRange(max = 3) int kind)
            throws Exception {
        Path directory = Files.createTempDirectory("portledger-spill");
        try {
            Random random = new Random(seed);
            TestClock clock = new TestClock(1_000_000);
            Spill first = Spill.open(directory, 400, false, clock, OptionalLong.empty());
            List<String> written = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                clock.advance(1);
                int value = 1_000_000 + i;
                written.add("record " + value);
                first.append(SpillTest.batch(value), BindingEventBlock.EMPTY, 1, false);
            }
            List<Path> segments;
            try (Stream<Path> files = Files.list(directory)) {
                segments = files.sorted().toList();
            }
            for (int i = 0; i < faults; i++) {
                spoil(segments.get(random.nextInt(segments.size())), kind, random);
            }

            Spill after = Spill.open(directory, 400, false, clock, OptionalLong.empty());
            List<String> read = new ArrayList<>();
            int damages = after.wasDamaged() ? 1 : 0;
            boolean isAtEnd = false;
            while (!isAtEnd) {
                try {
                    Spill.Entry entry = after.read();
                    isAtEnd = entry == null;
                    if (entry != null) {
                        read.addAll(SpillTest.values(entry.records()));
                        after.advance(entry, false);
                    }
                } catch (Spill.DamagedException e) {
                    damages++;
                    assertThat(e.fromMillis()).isEqualTo(1_000_000);
                }
            }
            assertThat(written).containsSubsequence(read);
            // What is cut off at the very end is no damage: the last mark was before it.
            boolean isCutAtTheEnd = written.subList(0, read.size()).equals(read);
            if (read.size() < written.size() && !isCutAtTheEnd) {
                assertThat(damages).isPositive();
            }
            after.close(false);
        } finally {
            delete(directory);
        }
    }

    private static void spoil(Path segment, int kind, Random random) throws IOException {
        byte[] octets = Files.readAllBytes(segment);
        if (octets.length == 0) {
            return;
        }
        switch (kind) {
            case 0 -> octets[random.nextInt(octets.length)] ^= (byte) (1 << random.nextInt(8));
            case 1 -> octets = Arrays.copyOf(octets, random.nextInt(octets.length));
            case 2 -> Arrays.fill(octets, random.nextInt(octets.length), octets.length, (byte) 0);
            default -> random.nextBytes(octets);
        }
        Files.write(segment, octets);
    }

    private static List<String> readAll(Spill spill) throws Exception {
        List<String> values = new ArrayList<>();
        for (Spill.Entry entry = spill.read(); entry != null; entry = spill.read()) {
            values.addAll(SpillTest.values(entry.records()));
            spill.advance(entry, true);
            spill.finish(entry.place());
        }
        return values;
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        }
    }
}
