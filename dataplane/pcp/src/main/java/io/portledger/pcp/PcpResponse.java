package io.portledger.pcp;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A PCP response (RFC 6887 §7.2).
 *
 * @param version the server's version; other than 2 only with UNSUPP_VERSION
 * @param opcode 0-127, as in the request
 * @param result result code as a number, 0-255: it may be one that {@link ResultCode} does not know
 * @param lifetimeSeconds of the mapping, or how long the error lasts; 0 to 2^32 - 1
 * @param epochSeconds the server's epoch time, 0 to 2^32 - 1
 * @param operation the opcode's data; null if the opcode is unknown or an error response has no such data
 * @param options the options that follow; empty if an error response repeats ones that cannot be read
 */
public record PcpResponse(
        int version,
        int opcode,
        int result,
        long lifetimeSeconds,
        long epochSeconds,
        @Nullable PcpOperation operation,
        List<PcpOption> options) {

    /** Defensive copy of the options. */
    public PcpResponse {
        options = List.copyOf(options);
    }

    /** A success. */
    public static PcpResponse success(
            PcpOperation operation, long lifetimeSeconds, long epochSeconds, List<PcpOption> options) {
        return new PcpResponse(
                PcpRequest.VERSION, operation.opcode(), 0, lifetimeSeconds, epochSeconds, operation, options);
    }

    /** Whether the request was carried out. */
    public boolean isSuccess() {
        return result == 0;
    }

    /** The first option of that type. */
    public <T extends PcpOption> Optional<T> option(Class<T> type) {
        return options.stream().filter(type::isInstance).map(type::cast).findFirst();
    }

    /** Appends the message. Error responses are made by {@link #writeError} instead, which repeats the request. */
    public void encode(ByteBuf out) {
        out.writeByte(version)
                .writeByte(0x80 | opcode)
                .writeByte(0)
                .writeByte(result)
                .writeInt((int) lifetimeSeconds)
                .writeInt((int) epochSeconds)
                .writeZero(12);
        if (operation != null) {
            operation.write(out);
        }
        PcpOption.writeAll(options, out);
    }

    /**
     * Appends the error response to a request: a copy of it, at most {@link PcpRequest#MAX_OCTETS} long, padded with
     * zeros to a multiple of four octets, under the header of a response (RFC 6887 §8.2, §8.3).
     *
     * @param request the whole datagram, at least two octets; indices are left alone
     * @param isParsed false if the error lies in the form of the request: then the last 96 bits of its client address
     *     stay where they are (RFC 6887 §7.2)
     */
    public static void writeError(
            ByteBuf request, ResultCode code, long lifetimeSeconds, long epochSeconds, boolean isParsed, ByteBuf out) {
        int start = out.writerIndex();
        int copied = Math.min(request.readableBytes(), PcpRequest.MAX_OCTETS);
        int length = Math.max(PcpRequest.HEADER_OCTETS, copied + 3 & ~3);
        out.ensureWritable(length);
        out.writeBytes(request, request.readerIndex(), copied).writeZero(length - copied);
        out.setByte(start, PcpRequest.VERSION);
        out.setByte(start + 1, 0x80 | out.getByte(start + 1));
        out.setByte(start + 2, 0);
        out.setByte(start + 3, code.code());
        out.setInt(start + 4, (int) lifetimeSeconds);
        out.setInt(start + 8, (int) epochSeconds);
        if (isParsed) {
            out.setZero(start + 12, 12);
        }
    }

    /**
     * Reads a datagram that should be a response. Of an error response, which may repeat a request that the server
     * could not read, the header is enough.
     *
     * @throws PcpException if it is not one, with what is wrong
     */
    public static PcpResponse decode(ByteBuf in) throws PcpException {
        int start = in.readerIndex();
        int length = in.readableBytes();
        if (length < PcpRequest.HEADER_OCTETS || length > PcpRequest.MAX_OCTETS || (length & 3) != 0) {
            throw new PcpException("message length " + length + " (allowed: multiples of 4 from 24 to 1100)");
        }
        int version = in.getUnsignedByte(start);
        int second = in.getUnsignedByte(start + 1);
        if ((second & 0x80) == 0) {
            throw new PcpException("R bit: 0, so this is a request, expected a response");
        }
        int opcode = second & 0x7f;
        int result = in.getUnsignedByte(start + 3);
        if (version != PcpRequest.VERSION && result != ResultCode.UNSUPP_VERSION.code()) {
            throw new PcpException("version " + version + ", expected 2");
        }
        boolean success = result == 0;
        PcpOperation operation = null;
        List<PcpOption> options = List.of();
        int dataLength = PcpOperation.lengthOf(opcode);
        int optionsAt = PcpRequest.HEADER_OCTETS + dataLength;
        if (dataLength >= 0 && optionsAt <= length) {
            operation = PcpOperation.read(opcode, in, start + PcpRequest.HEADER_OCTETS);
            try {
                options = readOptions(in, start + optionsAt, start + length);
            } catch (PcpException e) {
                if (success) {
                    throw e;
                }
            }
        } else if (success) {
            throw new PcpException(
                    dataLength < 0
                            ? "opcode " + opcode + " is unknown"
                            : "message length " + length + " is too short for opcode " + opcode);
        }
        return new PcpResponse(
                version,
                opcode,
                result,
                in.getUnsignedInt(start + 4),
                in.getUnsignedInt(start + 8),
                operation,
                options);
    }

    private static List<PcpOption> readOptions(ByteBuf in, int from, int to) throws PcpException {
        List<PcpOption> options = new ArrayList<>();
        for (int at = from; at < to; ) {
            int code = in.getUnsignedByte(at);
            int length = in.getUnsignedShort(at + 2);
            if (at + 4 + length > to) {
                throw new PcpException(
                        "option " + code + ": length " + length + " but " + (to - at - 4) + " octets are left");
            }
            options.add(PcpOption.read(in, at, code, length));
            at += 4 + (length + 3 & ~3);
        }
        return options;
    }
}
