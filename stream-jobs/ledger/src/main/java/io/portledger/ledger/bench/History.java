package io.portledger.ledger.bench;

import io.portledger.ledger.BindingInterval;
import io.portledger.ledger.BindingInterval.Boundary;
import io.portledger.ledger.BindingInterval.Holder;
import io.portledger.ledger.Evidence;
import io.portledger.ledger.Question;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.SplittableRandom;

/**
 * A made-up history in which every interval follows from its number, so that nothing need be remembered to know the truth
 * of fifty million: 64 port sets of 1,024 ports on each address (the first is nobody's), each with {@value #DEPTH}
 * intervals one after the other, which begin spread over 90 days.
 *
 * @param intervals how many intervals
 * @param firstAddress the first public address
 */
record History(long intervals, Ipv4Address firstAddress) {

    History(long intervals) {
        this(intervals, Ipv4Address.parse("100.0.0.0"));
    }

    /** As many intervals of other addresses. */
    History elsewhere() {
        return new History(intervals, Ipv4Address.parse("110.0.0.0"));
    }

    /** Intervals of one port set. */
    static final int DEPTH = 20;

    private static final int SETS = 63;
    private static final long FIRST_MILLIS =
            Instant.parse("2026-06-01T00:00:00Z").toEpochMilli();
    private static final long STEP_MILLIS = Duration.ofDays(90).toMillis() / DEPTH;
    private static final Ipv6Address BR = Ipv6Address.parse("2001:db8:ffff::1");

    /**
     * The intervals in the order in which they would be written: in that of time, over all port sets.
     *
     * @param number 0 to {@link #intervals} less 1
     */
    BindingInterval interval(long number) {
        long slots = slots();
        return interval(number % slots, (int) (number / slots));
    }

    private BindingInterval interval(long slot, int turn) {
        long start = start(slot, turn);
        long end = start(slot, turn + 1);
        Ipv4Address ipv4 = new Ipv4Address(firstAddress.bits() + (int) (slot / SETS));
        PortSet ports = new PortSet(0, 6, 1 + (int) (slot % SETS));
        Ipv6Address b4 = new Ipv6Address(0x20010db8_00000000L | household(slot, turn), 0);
        boolean isOpen = turn == DEPTH - 1;
        return new BindingInterval(
                ipv4,
                ports,
                null,
                new Holder(b4, null, "S-" + Long.toString(household(slot, turn), 36), 0),
                BR,
                Instant.ofEpochMilli(start),
                Boundary.LOGGED,
                isOpen ? null : Instant.ofEpochMilli(end),
                isOpen ? Boundary.OPEN : Boundary.LOGGED,
                evidence(16, start, b4, ipv4, ports),
                isOpen ? null : evidence(17, end, b4, ipv4, ports));
    }

    /** Whether no interval with a smaller number has the address of this one. */
    boolean isFirstOfItsAddress(long number) {
        return number < slots() && number % SETS == 0;
    }

    /** A question whose answer is the household that {@link #expected} tells. */
    Question question(SplittableRandom random) {
        long slot = random.nextLong(slots());
        int turn = random.nextInt(DEPTH - 1);
        long start = start(slot, turn);
        long at = start + random.nextLong(start(slot, turn + 1) - start);
        PortSet ports = new PortSet(0, 6, 1 + (int) (slot % SETS));
        return new Question(
                new Ipv4Address(firstAddress.bits() + (int) (slot / SETS)),
                ports.firstPort() + random.nextInt(ports.portCount()),
                Instant.ofEpochMilli(at),
                Duration.ZERO);
    }

    /** Who truly held it. */
    Ipv6Address expected(Question question) {
        long slot = (long) (question.ipv4().bits() - firstAddress.bits()) * SETS + (question.port() >>> 10) - 1;
        int turn = 0;
        while (turn + 1 < DEPTH && start(slot, turn + 1) <= question.at().toEpochMilli()) {
            turn++;
        }
        return new Ipv6Address(0x20010db8_00000000L | household(slot, turn), 0);
    }

    private long slots() {
        return Math.max(1, intervals / DEPTH);
    }

    private static long start(long slot, int turn) {
        return FIRST_MILLIS + turn * STEP_MILLIS + Math.floorMod(mix(slot * DEPTH + turn), STEP_MILLIS / 2);
    }

    private static long household(long slot, int turn) {
        return mix(slot ^ (long) turn << 40) & 0x7f_ffffL;
    }

    /** The 41 octets of an IPFIX record as the lwAFTR sends it. */
    private static Evidence evidence(int natEvent, long at, Ipv6Address b4, Ipv4Address ipv4, PortSet ports) {
        ByteBuffer raw = ByteBuffer.allocate(41)
                .putLong(at)
                .put((byte) natEvent)
                .put(b4.toBytes())
                .putInt(ipv4.bits())
                .putShort((short) ports.firstPort())
                .putShort((short) (ports.firstPort() + ports.portCount() - 1))
                .putShort((short) 1)
                .putShort((short) ports.portCount())
                .putInt(0);
        return new Evidence(
                "192.0.2.1",
                "IPFIX_UDP",
                1,
                mix(at) & 0xff_ffffL,
                256,
                "",
                "",
                "",
                Instant.ofEpochMilli(at + Math.floorMod(mix(at), 200)),
                HexFormat.of().formatHex(raw.array()));
    }

    /** SplitMix64. */
    private static long mix(long value) {
        long z = value * 0x9e3779b97f4a7c15L;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }
}
