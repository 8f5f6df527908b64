package io.portledger.pcp;

import io.netty.buffer.ByteBuf;
import io.portledger.softwire.Ipv6Address;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The server's side of reading: octets in, and out comes a request that keeps every rule which can be checked without
 * knowing the server's mappings, or the error to answer, or that no answer may be sent.
 *
 * <p>The checks run in the order of RFC 6887 §8.2, §8.3, §11.2 to §13.3 and RFC 7753 §4 to §6. Never throws for any
 * octets. Immutable.
 */
public final class PcpRequestDecoder {

    /** What a datagram turned out to be. */
    public sealed interface Decoded {}

    /**
     * A request that keeps the rules.
     *
     * @param request its options are complete; a success response may repeat only those that the server processed
     */
    public record Accepted(PcpRequest request) implements Decoded {}

    /**
     * To be answered by {@link PcpResponse#writeError}, as not parsed, with no change of state.
     *
     * @param code the error
     */
    public record Refused(ResultCode code) implements Decoded {}

    /**
     * Not to be answered.
     *
     * @param reason why
     */
    public record Dropped(Reason reason) implements Decoded {}

    /** Why a datagram gets no answer. */
    public enum Reason {
        /** Fewer octets than its version's header. */
        TOO_SHORT,
        /** It is a response; answering it could make two servers talk for ever. */
        RESPONSE
    }

    private final Set<Integer> opcodes;

    /**
     * @param opcodes the opcodes that the server supports, of those that {@link PcpOperation} names; others are
     *     UNSUPP_OPCODE
     */
    public PcpRequestDecoder(Set<Integer> opcodes) {
        this.opcodes = Set.copyOf(opcodes);
    }

    /**
     * Reads the readable octets of {@code in}; indices are left alone.
     *
     * @param source where the packet came from
     * @param supportedOptions codes of the options that the server supports for this client; any other mandatory one
     *     is UNSUPP_OPTION, any other optional one is passed over
     */
    public Decoded decode(ByteBuf in, Ipv6Address source, Set<Integer> supportedOptions) {
        int start = in.readerIndex();
        int length = in.readableBytes();
        if (length < 2) {
            return new Dropped(Reason.TOO_SHORT);
        }
        int second = in.getUnsignedByte(start + 1);
        if ((second & 0x80) != 0) {
            return new Dropped(Reason.RESPONSE);
        }
        if (in.getUnsignedByte(start) != PcpRequest.VERSION) {
            return new Refused(ResultCode.UNSUPP_VERSION);
        }
        if (length < PcpRequest.HEADER_OCTETS) {
            return new Dropped(Reason.TOO_SHORT);
        }
        int opcode = second & 0x7f;
        int dataLength = PcpOperation.lengthOf(opcode);
        int optionsAt = PcpRequest.HEADER_OCTETS + dataLength;
        if (length > PcpRequest.MAX_OCTETS || (length & 3) != 0 || (dataLength >= 0 && length < optionsAt)) {
            return new Refused(ResultCode.MALFORMED_REQUEST);
        }
        Ipv6Address client = Addresses.read(in, start + 8);
        if (!client.equals(source)) {
            return new Refused(ResultCode.ADDRESS_MISMATCH);
        }
        if (dataLength < 0 || !opcodes.contains(opcode)) {
            return new Refused(ResultCode.UNSUPP_OPCODE);
        }
        long lifetime = in.getUnsignedInt(start + 4);
        PcpOperation operation = PcpOperation.read(opcode, in, start + PcpRequest.HEADER_OCTETS);
        List<PcpOption> options = new ArrayList<>(2);
        for (int at = start + optionsAt; at < start + length; ) {
            int code = in.getUnsignedByte(at);
            int optionLength = in.getUnsignedShort(at + 2);
            if (at + 4 + optionLength > start + length) {
                return new Refused(ResultCode.MALFORMED_OPTION);
            }
            ResultCode fault = readOption(in, at, code, optionLength, supportedOptions, operation, options);
            if (fault == ResultCode.SUCCESS) {
                fault = checkLast(options, client, operation, lifetime);
            }
            if (fault != ResultCode.SUCCESS) {
                return new Refused(fault);
            }
            at += 4 + (optionLength + 3 & ~3);
        }
        if (operation instanceof PcpOperation.Map map
                && map.protocol() == 0
                && map.internalPort() != 0
                && !has(PcpOption.PortSet.class, options)) {
            // RFC 6887 §11.1 forbids a port of no protocol; the example of RFC 7753 §5.2 needs it for a set.
            return new Refused(ResultCode.MALFORMED_REQUEST);
        }
        return new Accepted(new PcpRequest(lifetime, client, operation, options));
    }

    private static ResultCode readOption(
            ByteBuf in,
            int at,
            int code,
            int length,
            Set<Integer> supportedOptions,
            PcpOperation operation,
            List<PcpOption> options) {
        if (code == PcpOption.PREFER_FAILURE && operation instanceof PcpOperation.Peer) {
            return ResultCode.MALFORMED_REQUEST;
        }
        boolean isProcessed = supportedOptions.contains(code) && isDefinedFor(code, operation);
        if (!isProcessed && (code & 0x80) == 0) {
            return ResultCode.UNSUPP_OPTION;
        }
        try {
            if (isProcessed) {
                options.add(PcpOption.read(in, at, code, length));
            } else {
                byte[] data = new byte[length];
                in.getBytes(at + 4, data);
                options.add(new PcpOption.Unrecognised(code, data));
            }
            return ResultCode.SUCCESS;
        } catch (PcpException e) {
            return ResultCode.MALFORMED_OPTION;
        }
    }

    /** Checks the option that was read last, against the message and the options before it. */
    private static ResultCode checkLast(
            List<PcpOption> options, Ipv6Address client, PcpOperation operation, long lifetime) {
        PcpOption last = options.getLast();
        List<PcpOption> before = options.subList(0, options.size() - 1);
        return switch (last) {
            case PcpOption.ThirdParty thirdParty -> {
                if (has(PcpOption.ThirdParty.class, before)) {
                    yield ResultCode.MALFORMED_OPTION;
                }
                yield thirdParty.internalAddress().equals(client) ? ResultCode.MALFORMED_REQUEST : ResultCode.SUCCESS;
            }
            case PcpOption.PreferFailure preferFailure ->
                malformedOptionIf(has(PcpOption.PreferFailure.class, before)
                        || lifetime == 0
                        || has(PcpOption.PortSet.class, before)
                        || (operation instanceof PcpOperation.Map map && map.externalPort() == 0));
            case PcpOption.Filter filter -> malformedOptionIf(lifetime == 0);
            case PcpOption.PortSet set ->
                malformedOptionIf(has(PcpOption.PortSet.class, before)
                        || (operation instanceof PcpOperation.Map map && map.internalPort() != set.firstInternalPort())
                        || (lifetime != 0 && (set.size() == 0 || has(PcpOption.PreferFailure.class, before))));
            case PcpOption.Unrecognised unrecognised -> ResultCode.SUCCESS;
        };
    }

    private static ResultCode malformedOptionIf(boolean isMalformed) {
        return isMalformed ? ResultCode.MALFORMED_OPTION : ResultCode.SUCCESS;
    }

    private static boolean isDefinedFor(int code, PcpOperation operation) {
        return switch (code) {
            case PcpOption.THIRD_PARTY -> !(operation instanceof PcpOperation.Announce);
            case PcpOption.PREFER_FAILURE, PcpOption.FILTER, PcpOption.PORT_SET ->
                operation instanceof PcpOperation.Map;
            default -> false;
        };
    }

    private static boolean has(Class<? extends PcpOption> type, List<PcpOption> options) {
        for (PcpOption option : options) {
            if (type.isInstance(option)) {
                return true;
            }
        }
        return false;
    }
}
