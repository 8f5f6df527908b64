package io.portledger.lwaftr.forwarding;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.lwaftr.forwarding.BindingTable.Found;
import io.portledger.lwaftr.forwarding.BindingTable.Reader;
import io.portledger.lwaftr.forwarding.BindingTable.View;
import io.portledger.packet.Memory;
import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/**
 * Workers read while the control thread writes. Every field of a binding here follows from its lwB4 number and its key,
 * so a reader sees at once if it was given parts of two bindings, or a binding of another key.
 */
class BindingTableConcurrencyTest {

    private static final Ipv4Address FIRST = Ipv4Address.parse("10.0.0.0");
    private static final int ADDRESSES = 16;
    private static final int CHANGES = 300_000;

    @Test
    void readersNeverSeeATornBindingWhileBindingsComeGoAndAreReplaced() throws Exception {
        try (BindingTable table = new BindingTable(1000, 2)) {
            AtomicBoolean isDone = new AtomicBoolean();
            AtomicLong seen = new AtomicLong();
            run(isDone, List.of(() -> read(table, isDone, seen), () -> read(table, isDone, seen)), () -> {
                Random random = new Random(7);
                for (int i = 0; i < CHANGES; i++) {
                    Ipv4Address ipv4 = FIRST.plus(random.nextInt(ADDRESSES));
                    PortSet ports = new PortSet(0, 4, random.nextInt(16));
                    if (random.nextInt(3) == 0) {
                        table.remove(ipv4, ports);
                    } else {
                        table.put(numbered(ipv4, ports, random.nextInt(1 << 20)));
                    }
                }
            });
            assertThat(seen).as("bindings that readers found").hasPositiveValue();
        }
    }

    @Test
    void aBindingThatStaysIsFoundAlwaysEvenWhileItIsReplacedAndTheTableGrows() throws Exception {
        try (BindingTable table = new BindingTable(0, 1)) {
            PortSet ports = new PortSet(0, 4, 3);
            table.put(numbered(FIRST, ports, 0));
            AtomicBoolean isDone = new AtomicBoolean();
            AtomicLong found = new AtomicLong();
            run(isDone, List.of(() -> findAlways(table, isDone, ports, found)), () -> {
                for (int i = 1; i < 100_000; i++) {
                    table.put(numbered(FIRST, ports, i));
                    table.put(numbered(FIRST.plus(1 + (i >>> 4)), new PortSet(0, 4, i & 15), i));
                }
            });
            assertThat(table.size()).isEqualTo(100_000);
            assertThat(found).hasPositiveValue();
        }
    }

    @Test
    void noCountIsLostWhileTheTableGrows() throws Exception {
        try (BindingTable table = new BindingTable(0, 1)) {
            PortSet ports = new PortSet(0, 4, 3);
            table.put(numbered(FIRST, ports, 0));
            AtomicBoolean isDone = new AtomicBoolean();
            AtomicLong counted = new AtomicLong();
            run(isDone, List.of(() -> count(table, isDone, ports, counted)), () -> {
                for (int i = 0; i < 100_000; i++) {
                    table.put(numbered(FIRST.plus(1 + (i >>> 4)), new PortSet(0, 4, i & 15), i));
                }
            });
            assertThat(table.volume(FIRST, ports))
                    .contains(new BindingVolume(counted.get(), counted.get() * 100, 0, 0));
        }
    }

    /** The worker counts as many octets for each packet as the number of the binding's lwB4 says. */
    @Test
    void noBindingInheritsTheVolumeOfTheOneBefore() throws Exception {
        try (BindingTable table = new BindingTable(0, 1)) {
            PortSet ports = new PortSet(0, 4, 3);
            AtomicBoolean isDone = new AtomicBoolean();
            AtomicLong checked = new AtomicLong();
            run(isDone, List.of(() -> countByNumber(table, isDone, ports)), () -> {
                for (int i = 1; i <= 30_000; i++) {
                    table.put(numbered(FIRST, ports, i));
                    for (int look = 0; look < 50; look++) {
                        BindingVolume volume = table.volume(FIRST, ports).orElseThrow();
                        assertThat(volume.downstreamOctets() % i)
                                .as("%s of lwB4 %d", volume, i)
                                .isZero();
                        checked.addAndGet(volume.downstreamPackets() > 0 ? 1 : 0);
                    }
                    if ((i & 1) == 0) {
                        table.remove(FIRST, ports);
                    }
                }
            });
            assertThat(checked).as("volumes above zero").hasPositiveValue();
        }
    }

    private static void countByNumber(BindingTable table, AtomicBoolean isDone, PortSet ports) {
        Found found = new Found();
        long key = BindingTable.key(FIRST.bits(), ports.psid());
        try (Reader reader = table.newReader()) {
            do {
                View view = reader.enter();
                for (int i = 0; i < 16; i++) {
                    int shape = view.shapeOf(FIRST.bits());
                    long line = shape < 0 ? 0 : view.find(view.home(key), key, shape, found);
                    if (line != 0) {
                        view.count(line, BindingTable.DOWNSTREAM_PACKETS, (int) (found.b4High >>> 40));
                    }
                }
                reader.exit();
            } while (!isDone.get());
        }
    }

    private static void run(AtomicBoolean isDone, List<Runnable> workers, Runnable control) throws Exception {
        ExecutorService executor = Executors.newFixedThreadPool(workers.size());
        try {
            List<Future<?>> futures = new ArrayList<>();
            workers.forEach(worker -> futures.add(executor.submit(worker)));
            try {
                control.run();
            } finally {
                isDone.set(true);
            }
            for (Future<?> future : futures) {
                future.get();
            }
        } finally {
            // Whatever has failed, nobody reads the table when it is closed.
            executor.close();
        }
    }

    private static void read(BindingTable table, AtomicBoolean isDone, AtomicLong seen) {
        Random random = new Random();
        Found found = new Found();
        long hits = 0;
        try (Reader reader = table.newReader()) {
            do {
                View view = reader.enter();
                for (int i = 0; i < 256; i++) {
                    int ipv4 = FIRST.bits() + random.nextInt(ADDRESSES);
                    int psid = random.nextInt(16);
                    int shape = view.shapeOf(ipv4);
                    long key = BindingTable.key(ipv4, psid);
                    if (shape >= 0 && view.find(view.home(key), key, shape, found) != 0) {
                        requireWhole(ipv4, psid, found);
                        hits++;
                    }
                }
                reader.exit();
            } while (!isDone.get());
        }
        seen.addAndGet(hits);
    }

    private static void findAlways(BindingTable table, AtomicBoolean isDone, PortSet ports, AtomicLong hits) {
        Found found = new Found();
        long key = BindingTable.key(FIRST.bits(), ports.psid());
        try (Reader reader = table.newReader()) {
            do {
                View view = reader.enter();
                for (int i = 0; i < 256; i++) {
                    if (view.find(view.home(key), key, view.shapeOf(FIRST.bits()), found) == 0) {
                        throw new AssertionError("a binding that was only ever replaced was not found");
                    }
                    requireWhole(FIRST.bits(), ports.psid(), found);
                    hits.incrementAndGet();
                }
                reader.exit();
            } while (!isDone.get());
        }
    }

    private static void count(BindingTable table, AtomicBoolean isDone, PortSet ports, AtomicLong counted) {
        Found found = new Found();
        long key = BindingTable.key(FIRST.bits(), ports.psid());
        try (Reader reader = table.newReader()) {
            do {
                View view = reader.enter();
                for (int i = 0; i < 64; i++) {
                    long line = view.find(view.home(key), key, view.shapeOf(FIRST.bits()), found);
                    view.count(line, BindingTable.DOWNSTREAM_PACKETS, 100);
                    counted.incrementAndGet();
                }
                reader.exit();
            } while (!isDone.get());
        }
    }

    /** The lwB4's halves are tied to each other and to the key; the BR address to the number. */
    private static Binding numbered(Ipv4Address ipv4, PortSet ports, int number) {
        long key = (ipv4.bits() & 0xffff_ffffL) << 16 | ports.psid();
        long high = (long) number << 40 | key >>> 8;
        return new Binding(new Ipv6Address(high, high * 31 + key), ipv4, ports, new Ipv6Address(1, number & 7));
    }

    private static void requireWhole(int ipv4, int psid, Found found) {
        long key = (ipv4 & 0xffff_ffffL) << 16 | psid;
        long number = found.b4High >>> 40;
        if (found.b4High != (number << 40 | key >>> 8)
                || found.b4Low != found.b4High * 31 + key
                || Memory.getLong(found.br + 8) != (number & 7)) {
            throw new AssertionError("torn binding: lwB4 " + new Ipv6Address(found.b4High, found.b4Low) + " for key "
                    + Long.toHexString(key));
        }
    }
}
