package io.portledger.packet;

import io.portledger.packet.PacketFilter.Test;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv4Prefix;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.Ipv6Prefix;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads the expressions of {@link PacketFilter}, by recursive descent. */
final class PacketFilterParser {

    private static final Pattern TOKEN =
            Pattern.compile("\\s*(?:(&&|\\|\\||[<>=!]=|[()\\[\\]&<>=!]|[0-9A-Za-z.:/_-]+)|(\\S))");
    private static final Pattern NUMBER = Pattern.compile("0[xX][0-9a-fA-F]{1,8}|[0-9]{1,10}");
    private static final int DEEPEST = 100;
    private static final int MAX_PORT = 65_535;

    private static final Map<String, Integer> PROTOCOLS = Map.of(
            "tcp", IpProtocol.TCP,
            "udp", IpProtocol.UDP,
            "sctp", IpProtocol.SCTP,
            "icmp", IpProtocol.ICMP,
            "icmp6", IpProtocol.ICMPV6);
    private static final Set<String> WITH_PORTS = Set.of("tcp", "udp", "sctp");
    private static final Set<String> KINDS = Set.of("host", "net", "port", "portrange", "proto");

    private final String text;
    private final List<String> tokens = new ArrayList<>();
    private final List<Integer> columns = new ArrayList<>();
    private int next;
    private int depth;

    PacketFilterParser(String text) {
        this.text = text;
        Matcher matcher = TOKEN.matcher(text);
        while (matcher.lookingAt()) {
            boolean isToken = matcher.group(1) != null;
            tokens.add(isToken ? matcher.group(1) : matcher.group(2));
            columns.add(matcher.start(isToken ? 1 : 2));
            matcher.region(matcher.end(), text.length());
        }
    }

    Test parse() {
        Test test = expression();
        if (next < tokens.size()) {
            throw expected("and, or, or the end");
        }
        return test;
    }

    private Test expression() {
        if (++depth > DEEPEST) {
            throw new IllegalArgumentException("The filter has more than " + DEEPEST + " levels");
        }
        Test left = operand();
        while (true) {
            Test before = left;
            if (take("and") || take("&&")) {
                Test right = operand();
                left = (packet, length) -> before.passes(packet, length) && right.passes(packet, length);
            } else if (take("or") || take("||")) {
                Test right = operand();
                left = (packet, length) -> before.passes(packet, length) || right.passes(packet, length);
            } else {
                depth--;
                return left;
            }
        }
    }

    private Test operand() {
        boolean isNegated = false;
        while (take("not") || take("!")) {
            isNegated = !isNegated;
        }
        Test test;
        if (take("(")) {
            test = expression();
            require(")");
        } else {
            test = primitive();
        }
        return isNegated ? (packet, length) -> !test.passes(packet, length) : test;
    }

    private Test primitive() {
        if (take("less")) {
            long most = number(Integer.MAX_VALUE);
            return (packet, length) -> length <= most;
        }
        if (take("greater")) {
            long least = number(Integer.MAX_VALUE);
            return (packet, length) -> length >= least;
        }
        if (isNext("len") || isAccess()) {
            return comparison();
        }
        int version = take("ip") ? 4 : take("ip6") ? 6 : 0;
        @Nullable String protocol = version == 0 ? takeProtocol() : null;
        Side side = side();
        String kind = kind();
        if (kind.isEmpty()) {
            if (side != Side.EITHER || (version == 0 && protocol == null)) {
                throw expected("host, net, port, portrange, proto, a protocol, len, less or greater");
            }
            return protocol == null ? isVersion(version) : isProtocol(protocol);
        }
        if (protocol != null && !kind.startsWith("port")) {
            throw expected("port or portrange");
        }
        if (version != 0 && kind.startsWith("port")) {
            throw expected("host, net or proto");
        }
        return switch (kind) {
            case "proto" -> {
                if (side != Side.EITHER) {
                    throw expected("host, net, port or portrange");
                }
                yield proto(version);
            }
            case "host", "net" -> address(version, side, kind.equals("net"));
            case "port" -> {
                int port = (int) number(MAX_PORT);
                yield ports(protocol, side, port, port);
            }
            default -> portRange(protocol, side);
        };
    }

    private static Test isVersion(int version) {
        return (packet, length) -> versionOf(packet, length) == version;
    }

    private static Test isProtocol(String protocol) {
        int number = protocolNumber(protocol);
        int only = protocol.equals("icmp") ? 4 : protocol.equals("icmp6") ? 6 : 0;
        return (packet, length) ->
                (only == 0 || versionOf(packet, length) == only) && protocolOf(packet, length) == number;
    }

    private Test proto(int version) {
        String name = peek();
        int number;
        if (PROTOCOLS.containsKey(name)) {
            next++;
            number = protocolNumber(name);
        } else {
            number = (int) number(255);
        }
        return (packet, length) ->
                (version == 0 || versionOf(packet, length) == version) && protocolOf(packet, length) == number;
    }

    private Test address(int version, Side side, boolean isNet) {
        String written = peek();
        try {
            if (written.indexOf(':') >= 0 && version != 4) {
                Test test = isNet ? net6(Ipv6Prefix.parse(written), side) : host6(Ipv6Address.parse(written), side);
                next++;
                return test;
            }
            if (written.indexOf(':') < 0 && written.indexOf('.') >= 0 && version != 6) {
                Test test = isNet ? net4(Ipv4Prefix.parse(written), side) : host4(Ipv4Address.parse(written), side);
                next++;
                return test;
            }
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(at() + ": " + e.getMessage(), e);
        }
        String kind = version == 0 ? "IPv4 or IPv6" : version == 4 ? "IPv4" : "IPv6";
        throw expected(isNet ? "an " + kind + " prefix" : "an " + kind + " address");
    }

    private static Test host4(Ipv4Address host, Side side) {
        return masked4(host.bits(), -1, side);
    }

    private static Test net4(Ipv4Prefix prefix, Side side) {
        int mask = prefix.length() == 0 ? 0 : -1 << (32 - prefix.length());
        return masked4(prefix.first().bits(), mask, side);
    }

    private static Test masked4(int bits, int mask, Side side) {
        return (packet, length) -> versionOf(packet, length) == 4
                && length >= Ipv4.MIN_HEADER
                && side.holds((Ipv4.source(packet) & mask) == bits, (Ipv4.destination(packet) & mask) == bits);
    }

    private static Test host6(Ipv6Address host, Side side) {
        return masked6(host, -1, -1, side);
    }

    private static Test net6(Ipv6Prefix prefix, Side side) {
        int length = prefix.length();
        long high = length == 0 ? 0 : length >= 64 ? -1 : -1L << (64 - length);
        long low = length <= 64 ? 0 : -1L << (128 - length);
        return masked6(prefix.first(), high, low, side);
    }

    private static Test masked6(Ipv6Address address, long highMask, long lowMask, Side side) {
        long high = address.high();
        long low = address.low();
        return (packet, length) -> versionOf(packet, length) == 6
                && length >= Ipv6.HEADER
                && side.holds(
                        (Ipv6.sourceHigh(packet) & highMask) == high && (Ipv6.sourceLow(packet) & lowMask) == low,
                        (Ipv6.destinationHigh(packet) & highMask) == high
                                && (Ipv6.destinationLow(packet) & lowMask) == low);
    }

    private Test portRange(@Nullable String protocol, Side side) {
        String written = peek();
        int dash = written.indexOf('-');
        if (dash < 1 || dash == written.length() - 1) {
            throw expected("two ports such as 1024-2047");
        }
        int first = (int) number(written.substring(0, dash), MAX_PORT);
        int last = (int) number(written.substring(dash + 1), MAX_PORT);
        next++;
        return ports(protocol, side, Math.min(first, last), Math.max(first, last));
    }

    private static Test ports(@Nullable String protocol, Side side, int first, int last) {
        int only = protocol == null ? -1 : protocolNumber(protocol);
        return (packet, length) -> {
            int number = firstProtocolOf(packet, length);
            boolean isIt = only >= 0
                    ? number == only
                    : number == IpProtocol.TCP || number == IpProtocol.UDP || number == IpProtocol.SCTP;
            int position = isIt ? transport(packet, length) : -1;
            if (position < 0 || position + 4 > length) {
                return false;
            }
            int source = Memory.getShort(packet + position);
            int destination = Memory.getShort(packet + position + 2);
            return side.holds(source >= first && source <= last, destination >= first && destination <= last);
        };
    }

    // Arithmetic ---------------------------------------------------------------------------------------------------

    /** A number that a packet may have. */
    @FunctionalInterface
    private interface Quantity {
        /** 0 to 2^32 - 1, or -1 if the packet has none. */
        long of(long packet, int length);
    }

    private Test comparison() {
        Quantity left = term();
        while (take("&")) {
            Quantity before = left;
            long mask = number(0xffff_ffffL);
            left = (packet, length) -> {
                long value = before.of(packet, length);
                return value < 0 ? value : value & mask;
            };
        }
        Quantity value = left;
        String operator = peek();
        if (!Set.of("<", ">", "<=", ">=", "=", "==", "!=").contains(operator)) {
            throw expected("one of < > <= >= = !=");
        }
        next++;
        long other = number(0xffff_ffffL);
        return (packet, length) -> {
            long found = value.of(packet, length);
            return found >= 0
                    && switch (operator) {
                        case "<" -> found < other;
                        case ">" -> found > other;
                        case "<=" -> found <= other;
                        case ">=" -> found >= other;
                        case "!=" -> found != other;
                        default -> found == other;
                    };
        };
    }

    private Quantity term() {
        if (take("len")) {
            return (packet, length) -> length;
        }
        String header = peek();
        next++;
        require("[");
        String inside = peek();
        int colon = inside.indexOf(':');
        long offset = number(colon < 0 ? inside : inside.substring(0, colon), MAX_PORT);
        long size = colon < 0 ? 1 : number(inside.substring(colon + 1), 4);
        if (size != 1 && size != 2 && size != 4) {
            throw expected("1, 2 or 4 octets");
        }
        next++;
        require("]");
        return (packet, length) -> {
            int start = start(header, packet, length);
            long position = start + offset;
            if (start < 0 || position + size > length) {
                return -1;
            }
            return switch ((int) size) {
                case 1 -> Memory.getByte(packet + position);
                case 2 -> Memory.getShort(packet + position);
                default -> Memory.getInt(packet + position) & 0xffff_ffffL;
            };
        };
    }

    private static int start(String header, long packet, int length) {
        int version = versionOf(packet, length);
        return switch (header) {
            case "ip" -> version == 4 ? 0 : -1;
            case "ip6" -> version == 6 ? 0 : -1;
            case "icmp6" ->
                version == 6 && firstProtocolOf(packet, length) == IpProtocol.ICMPV6 ? transport(packet, length) : -1;
            // As in pcap-filter, the transport headers are those of IPv4.
            default ->
                version == 4 && firstProtocolOf(packet, length) == protocolNumber(header)
                        ? transport(packet, length)
                        : -1;
        };
    }

    private static int protocolNumber(String name) {
        Integer number = PROTOCOLS.get(name);
        return number == null ? -1 : number;
    }

    // Fields -------------------------------------------------------------------------------------------------------

    private static int versionOf(long packet, int length) {
        return length < 1 ? 0 : Ipv4.version(packet);
    }

    /** The protocol; of an IPv6 fragment that of the packet, as in pcap-filter. */
    private static int protocolOf(long packet, int length) {
        int protocol = firstProtocolOf(packet, length);
        boolean isIpv6Fragment = protocol == IpProtocol.FRAGMENT && versionOf(packet, length) == 6;
        return isIpv6Fragment && length > Ipv6.HEADER ? Memory.getByte(packet + Ipv6.HEADER) : protocol;
    }

    private static int firstProtocolOf(long packet, int length) {
        return switch (versionOf(packet, length)) {
            case 4 -> length < Ipv4.MIN_HEADER ? -1 : Ipv4.protocol(packet);
            case 6 -> length < Ipv6.HEADER ? -1 : Ipv6.nextHeader(packet);
            default -> -1;
        };
    }

    /** Where the transport header is; -1 in a later fragment. For packets with a {@link #firstProtocolOf}. */
    private static int transport(long packet, int length) {
        if (versionOf(packet, length) == 6) {
            return Ipv6.HEADER;
        }
        return Ipv4.isLaterFragment(packet) ? -1 : Ipv4.headerLength(packet);
    }

    // Tokens -------------------------------------------------------------------------------------------------------

    private enum Side {
        EITHER,
        BOTH,
        SOURCE,
        DESTINATION;

        boolean holds(boolean ofSource, boolean ofDestination) {
            return switch (this) {
                case EITHER -> ofSource || ofDestination;
                case BOTH -> ofSource && ofDestination;
                case SOURCE -> ofSource;
                case DESTINATION -> ofDestination;
            };
        }
    }

    private Side side() {
        if (take("dst")) {
            return Side.DESTINATION;
        }
        if (!take("src")) {
            return Side.EITHER;
        }
        boolean isJoined = next + 1 < tokens.size() && tokens.get(next + 1).equals("dst");
        if (isJoined && (isNext("or") || isNext("and"))) {
            Side side = isNext("or") ? Side.EITHER : Side.BOTH;
            next += 2;
            return side;
        }
        return Side.SOURCE;
    }

    private String kind() {
        String token = peek();
        if (!KINDS.contains(token)) {
            return "";
        }
        next++;
        return token;
    }

    private @Nullable String takeProtocol() {
        String token = peek();
        if (!PROTOCOLS.containsKey(token)) {
            return null;
        }
        next++;
        boolean isQualifier = isNext("src") || isNext("dst") || KINDS.contains(peek());
        if (isQualifier && !WITH_PORTS.contains(token)) {
            throw expected("and, or, or the end");
        }
        return token;
    }

    private boolean isAccess() {
        return (isNext("ip") || isNext("ip6") || PROTOCOLS.containsKey(peek()))
                && next + 1 < tokens.size()
                && tokens.get(next + 1).equals("[");
    }

    private long number(long most) {
        long number = number(peek(), most);
        next++;
        return number;
    }

    private long number(String written, long most) {
        if (!NUMBER.matcher(written).matches()) {
            throw expected("a number");
        }
        long number = Long.decode(written.startsWith("0x") || written.startsWith("0X") ? written : plain(written));
        if (number > most) {
            throw expected("a number up to " + most);
        }
        return number;
    }

    /** Without leading zeros, which would make it octal. */
    private static String plain(String digits) {
        return Long.toString(Long.parseLong(digits));
    }

    private void require(String token) {
        if (!take(token)) {
            throw expected(token);
        }
    }

    private boolean take(String token) {
        if (isNext(token)) {
            next++;
            return true;
        }
        return false;
    }

    private boolean isNext(String token) {
        return peek().equals(token);
    }

    private String peek() {
        return next < tokens.size() ? tokens.get(next) : "";
    }

    private IllegalArgumentException expected(String what) {
        return new IllegalArgumentException(at() + ": expected " + what);
    }

    private String at() {
        return next < tokens.size()
                ? "Filter \"" + text + "\", column " + (columns.get(next) + 1) + ", at \"" + tokens.get(next) + "\""
                : "Filter \"" + text + "\", at its end";
    }
}
