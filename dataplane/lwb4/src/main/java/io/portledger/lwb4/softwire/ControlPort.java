package io.portledger.lwb4.softwire;

import io.portledger.packet.InternetChecksum;
import io.portledger.packet.IpProtocol;
import io.portledger.packet.Ipv6;
import io.portledger.packet.Memory;
import io.portledger.packet.PacketBatch;
import io.portledger.packet.PacketOutput;
import io.portledger.softwire.Ipv6Address;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A UDP port of the softwire's address, which no interface has and so no socket can use: what the lwB4 itself says from
 * there, and what one server answers (RFC 768, RFC 8200).
 *
 * <p>Any thread sends; the listener is called on the softwire's thread.
 */
public final class ControlPort implements AutoCloseable {

    /** A message goes out whole in the smallest MTU. */
    public static final int LONGEST_MESSAGE = Ipv6.MIN_MTU - Ipv6.HEADER - 8;

    private static final int UDP_HEADER = 8;
    private static final int UDP_LENGTH = 4;
    private static final int UDP_CHECKSUM = 6;
    private static final int HOP_LIMIT = 64;
    private static final int MOST_WAITING = 64;

    private final Ipv6Address own;
    private final int ownPort;
    private final Ipv6Address server;
    private final int serverPort;
    private final Consumer<byte[]> listener;
    private final Consumer<ControlPort> whenClosed;
    private final Queue<byte[]> waiting = new ArrayBlockingQueue<>(MOST_WAITING);

    /**
     * @param own the softwire's address
     * @param ownPort of it, 1-65535; should not be predictable
     * @param listener is told each message of the server
     * @param whenClosed is told the end
     */
    ControlPort(
            Ipv6Address own,
            int ownPort,
            Ipv6Address server,
            int serverPort,
            Consumer<byte[]> listener,
            Consumer<ControlPort> whenClosed) {
        this.own = own;
        this.ownPort = ownPort;
        this.server = server;
        this.serverPort = serverPort;
        this.listener = listener;
        this.whenClosed = whenClosed;
    }

    /**
     * Sends a message soon; like any datagram, it may get lost.
     *
     * @throws IllegalArgumentException if it is longer than {@link #LONGEST_MESSAGE}
     */
    public void send(byte[] message) {
        if (message.length > LONGEST_MESSAGE) {
            throw new IllegalArgumentException(
                    "a message of " + message.length + " octets (allowed: at most " + LONGEST_MESSAGE + ")");
        }
        var _ = waiting.offer(message.clone());
    }

    /** Hears and sends nothing any more. */
    @Override
    public void close() {
        whenClosed.accept(this);
    }

    /** Whether the packet is a message to this port; the listener has it then, if it is sound. */
    boolean take(long packet, int length) {
        if (length < Ipv6.HEADER + UDP_HEADER
                || Memory.getByte(packet) >>> 4 != 6
                || Ipv6.nextHeader(packet) != IpProtocol.UDP
                || Ipv6.destinationHigh(packet) != own.high()
                || Ipv6.destinationLow(packet) != own.low()) {
            return false;
        }
        long datagram = packet + Ipv6.HEADER;
        if (Memory.getShort(datagram + 2) != ownPort) {
            return false;
        }
        byte[] message = message(packet, datagram, length);
        if (message != null) {
            listener.accept(message);
        }
        return true;
    }

    private byte @Nullable [] message(long packet, long datagram, int length) {
        int udpLength = Memory.getShort(datagram + UDP_LENGTH);
        boolean isFromServer = Ipv6.sourceHigh(packet) == server.high()
                && Ipv6.sourceLow(packet) == server.low()
                && Memory.getShort(datagram) == serverPort;
        if (!isFromServer
                || udpLength < UDP_HEADER
                || udpLength != Ipv6.payloadLength(packet)
                || udpLength > length - Ipv6.HEADER) {
            return null;
        }
        // A checksum of zero is forbidden in IPv6 (RFC 8200 §8.1), and no sound sum gives it.
        long sum = InternetChecksum.pseudoHeaderSum(packet, IpProtocol.UDP, udpLength)
                + InternetChecksum.sum(datagram, udpLength);
        if (Memory.getShort(datagram + UDP_CHECKSUM) == 0 || InternetChecksum.fold(sum) != 0xffff) {
            return null;
        }
        return Memory.toBytes(datagram + UDP_HEADER, udpLength - UDP_HEADER);
    }

    /** Sends what waits. */
    void sendWaiting(PacketBatch scratch, PacketOutput output, SoftwireCounters counters) {
        for (byte[] message = waiting.poll(); message != null; message = waiting.poll()) {
            scratch.clear();
            write(scratch.freeSlot(), message);
            scratch.add(Ipv6.HEADER + UDP_HEADER + message.length);
            output.send(scratch);
            counters.count(SoftwireCounter.OUT_CONTROL);
        }
    }

    private void write(long packet, byte[] message) {
        int udpLength = UDP_HEADER + message.length;
        Ipv6.write(
                packet, 0, 0, udpLength, IpProtocol.UDP, HOP_LIMIT, own.high(), own.low(), server.high(), server.low());
        long datagram = packet + Ipv6.HEADER;
        Memory.putShort(datagram, ownPort);
        Memory.putShort(datagram + 2, serverPort);
        Memory.putShort(datagram + UDP_LENGTH, udpLength);
        Memory.putShort(datagram + UDP_CHECKSUM, 0);
        Memory.copy(message, 0, datagram + UDP_HEADER, message.length);
        int checksum = InternetChecksum.ofSum(InternetChecksum.pseudoHeaderSum(packet, IpProtocol.UDP, udpLength)
                + InternetChecksum.sum(datagram, udpLength));
        Memory.putShort(datagram + UDP_CHECKSUM, checksum == 0 ? 0xffff : checksum);
    }
}
