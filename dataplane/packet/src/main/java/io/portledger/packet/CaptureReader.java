package io.portledger.packet;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads capture files: classic pcap in either byte order with micro- or nanoseconds, and pcapng (sections, interfaces,
 * enhanced and simple packet blocks).
 *
 * <p>Not safe for use by several threads.
 */
public final class CaptureReader implements AutoCloseable {

    private static final int MICROSECONDS = 0xa1b2c3d4;
    private static final int NANOSECONDS = 0xa1b23c4d;
    private static final int SECTION_HEADER = 0x0a0d0d0a;
    private static final int SECTION_BYTE_ORDER = 0x1a2b3c4d;
    private static final int INTERFACE_DESCRIPTION = 1;
    private static final int SIMPLE_PACKET = 3;
    private static final int ENHANCED_PACKET = 6;
    private static final int OPTION_TIME_RESOLUTION = 9;
    private static final int OPTION_TIME_OFFSET = 14;

    /** More than any link carries; a larger number in a file is damage. */
    private static final int MOST_OCTETS = 1 << 20;

    private final String name;
    private final InputStream in;
    private final boolean isBlockFormat;
    private final List<Interface> interfaces = new ArrayList<>();
    private ByteOrder order = ByteOrder.LITTLE_ENDIAN;

    private record Interface(LinkType linkType, long unitsPerSecond, long offsetSeconds, int snapLength) {}

    /**
     * Reads from a stream, which is closed with the reader.
     *
     * @param name how messages call the stream
     */
    public CaptureReader(InputStream in, String name) throws IOException {
        this.in = in;
        this.name = name;
        byte[] magic = in.readNBytes(4);
        if (magic.length < 4) {
            throw new CaptureFormatException(name + " is no capture file: it has " + magic.length + " octets");
        }
        int asBigEndian = ByteBuffer.wrap(magic).getInt();
        isBlockFormat = asBigEndian == SECTION_HEADER;
        if (isBlockFormat) {
            readSectionHeader();
            return;
        }
        if (asBigEndian == MICROSECONDS || asBigEndian == NANOSECONDS) {
            order = ByteOrder.BIG_ENDIAN;
        }
        int known = ByteBuffer.wrap(magic).order(order).getInt();
        if (known != MICROSECONDS && known != NANOSECONDS) {
            throw new CaptureFormatException(
                    name + " is no capture file: it begins with neither the mark of pcap nor of pcapng");
        }
        ByteBuffer header = read(20);
        int linkType = header.getInt(16) & 0xffff;
        interfaces.add(
                new Interface(linkType(linkType), known == NANOSECONDS ? 1_000_000_000 : 1_000_000, 0, MOST_OCTETS));
    }

    /** Opens a file. */
    public static CaptureReader open(Path file) throws IOException {
        InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
        try {
            return new CaptureReader(in, file.toString());
        } catch (IOException e) {
            in.close();
            throw e;
        }
    }

    /** All packets of a file. */
    public static List<CapturedPacket> readAll(Path file) throws IOException {
        List<CapturedPacket> packets = new ArrayList<>();
        try (CaptureReader reader = open(file)) {
            for (Optional<CapturedPacket> next = reader.next(); next.isPresent(); next = reader.next()) {
                packets.add(next.get());
            }
        }
        return packets;
    }

    /** The link type of the first interface, if the file has named one so far; a classic file always has. */
    public Optional<LinkType> linkType() {
        return interfaces.stream().findFirst().map(Interface::linkType);
    }

    /**
     * The next packet; empty at the end of the file.
     *
     * @throws CaptureFormatException if the file is broken here
     */
    public Optional<CapturedPacket> next() throws IOException {
        return isBlockFormat ? nextInBlocks() : nextClassic();
    }

    @Override
    public void close() throws IOException {
        in.close();
    }

    private Optional<CapturedPacket> nextClassic() throws IOException {
        byte[] start = in.readNBytes(16);
        if (start.length == 0) {
            return Optional.empty();
        }
        if (start.length < 16) {
            throw cutOff();
        }
        ByteBuffer header = ByteBuffer.wrap(start).order(order);
        Interface only = interfaces.getFirst();
        long seconds = header.getInt(0) & 0xffff_ffffL;
        long fraction = header.getInt(4) & 0xffff_ffffL;
        byte[] frame = read(requireLength(header.getInt(8))).array();
        Instant at = Instant.ofEpochSecond(seconds, fraction * (1_000_000_000 / only.unitsPerSecond));
        return Optional.of(new CapturedPacket(at, only.linkType, frame));
    }

    private Optional<CapturedPacket> nextInBlocks() throws IOException {
        while (true) {
            byte[] start = in.readNBytes(4);
            if (start.length == 0) {
                return Optional.empty();
            }
            if (start.length < 4) {
                throw cutOff();
            }
            int type = ByteBuffer.wrap(start).order(order).getInt();
            if (type == SECTION_HEADER) {
                readSectionHeader();
                continue;
            }
            int length = read(4).getInt();
            requireLength(length);
            if (length < 12 || (length & 3) != 0) {
                throw new CaptureFormatException(name + " is broken: a block of " + length + " octets");
            }
            ByteBuffer body = read(length - 12);
            read(4);
            switch (type) {
                case INTERFACE_DESCRIPTION -> interfaces.add(describedInterface(body));
                case ENHANCED_PACKET -> {
                    return Optional.of(enhancedPacket(body));
                }
                case SIMPLE_PACKET -> {
                    return Optional.of(simplePacket(body));
                }
                default -> {
                    // Names, statistics and whatever else may stand in a file say nothing about packets.
                }
            }
        }
    }

    private void readSectionHeader() throws IOException {
        byte[] start = in.readNBytes(8);
        if (start.length < 8) {
            throw cutOff();
        }
        ByteBuffer header = ByteBuffer.wrap(start);
        order = header.getInt(4) == SECTION_BYTE_ORDER ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
        header.order(order);
        int length = requireLength(header.getInt(0));
        if (header.getInt(4) != SECTION_BYTE_ORDER || length < 28) {
            throw new CaptureFormatException(name + " is broken: a section header without its mark");
        }
        read(length - 12);
        interfaces.clear();
    }

    private Interface describedInterface(ByteBuffer body) throws IOException {
        requireOctets(body, 8);
        int code = body.getShort(0) & 0xffff;
        int snapLength = body.getInt(4);
        long unitsPerSecond = 1_000_000;
        long offsetSeconds = 0;
        int position = 8;
        while (position + 4 <= body.limit()) {
            int option = body.getShort(position) & 0xffff;
            int length = body.getShort(position + 2) & 0xffff;
            int value = position + 4;
            if (option == 0 || value + length > body.limit()) {
                break;
            }
            if (option == OPTION_TIME_RESOLUTION && length == 1) {
                unitsPerSecond = resolution(body.get(value));
            } else if (option == OPTION_TIME_OFFSET && length == 8) {
                offsetSeconds = body.getLong(value);
            }
            position = value + ((length + 3) & ~3);
        }
        return new Interface(
                linkType(code),
                unitsPerSecond,
                offsetSeconds,
                snapLength <= 0 || snapLength > MOST_OCTETS ? MOST_OCTETS : snapLength);
    }

    private long resolution(byte exponent) throws CaptureFormatException {
        int power = exponent & 0x7f;
        if (exponent < 0 && power < 63) {
            return 1L << power;
        }
        if (exponent < 0 || power > 18) {
            throw new CaptureFormatException(name + " is broken: a time resolution of " + power + " digits");
        }
        long units = 1;
        for (int i = 0; i < power; i++) {
            units *= 10;
        }
        return units;
    }

    private CapturedPacket enhancedPacket(ByteBuffer body) throws IOException {
        requireOctets(body, 20);
        Interface from = interfaceAt(body.getInt(0));
        long units = (body.getInt(4) & 0xffff_ffffL) << 32 | (body.getInt(8) & 0xffff_ffffL);
        long seconds = Long.divideUnsigned(units, from.unitsPerSecond);
        long rest = Long.remainderUnsigned(units, from.unitsPerSecond);
        long nanos = (long) (rest * (1e9 / from.unitsPerSecond));
        // Beyond this no Instant exists; such a time is damage, and the packet is still good.
        boolean isTime = seconds >= 0 && seconds < 1L << 40 && Math.abs(from.offsetSeconds) < 1L << 40;
        Instant at = isTime ? Instant.ofEpochSecond(seconds + from.offsetSeconds, nanos) : Instant.EPOCH;
        return new CapturedPacket(at, from.linkType, frame(body, 20, body.getInt(12)));
    }

    private CapturedPacket simplePacket(ByteBuffer body) throws IOException {
        requireOctets(body, 4);
        Interface from = interfaceAt(0);
        int original = requireLength(body.getInt(0));
        return new CapturedPacket(Instant.EPOCH, from.linkType, frame(body, 4, Math.min(original, from.snapLength)));
    }

    private byte[] frame(ByteBuffer body, int offset, int length) throws CaptureFormatException {
        requireLength(length);
        requireOctets(body, offset + length);
        byte[] frame = new byte[length];
        body.get(offset, frame);
        return frame;
    }

    private Interface interfaceAt(int index) throws CaptureFormatException {
        if (index < 0 || index >= interfaces.size()) {
            throw new CaptureFormatException(
                    name + " is broken: a packet of interface " + index + " of " + interfaces.size());
        }
        return interfaces.get(index);
    }

    private LinkType linkType(int code) throws CaptureFormatException {
        return LinkType.of(code)
                .orElseThrow(() -> new CaptureFormatException(name + " has link type " + code
                        + " (allowed: 0 NULL, 1 ETHERNET, 101 RAW, 108 LOOP, 113 LINUX_SLL, 228 IPV4, 229 IPV6,"
                        + " 276 LINUX_SLL2)"));
    }

    private int requireLength(int length) throws CaptureFormatException {
        if (length < 0 || length > MOST_OCTETS) {
            throw new CaptureFormatException(name + " is broken: a length of " + (length & 0xffff_ffffL) + " octets");
        }
        return length;
    }

    private void requireOctets(ByteBuffer body, int octets) throws CaptureFormatException {
        if (body.limit() < octets) {
            throw new CaptureFormatException(
                    name + " is broken: a block of " + body.limit() + " octets where " + octets + " are needed");
        }
    }

    private ByteBuffer read(int octets) throws IOException {
        try {
            byte[] read = in.readNBytes(octets);
            if (read.length < octets) {
                throw cutOff();
            }
            return ByteBuffer.wrap(read).order(order);
        } catch (EOFException e) {
            throw cutOff();
        }
    }

    private CaptureFormatException cutOff() {
        return new CaptureFormatException(name + " is cut off in the middle of a packet or a header");
    }
}
