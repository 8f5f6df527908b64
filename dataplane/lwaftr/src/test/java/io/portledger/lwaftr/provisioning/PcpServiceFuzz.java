package io.portledger.lwaftr.provisioning;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.portledger.lwaftr.forwarding.BindingTable;
import io.portledger.pcp.PcpException;
import io.portledger.pcp.PcpResponse;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.Ipv6Prefix;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The PCP server under arbitrary datagrams: what a fuzzer calls, and what its findings are replayed with.
 *
 * <p>The input is datagrams, each with an octet before it: from whom it comes, whether the client address is to be put
 * right (so that a fuzzer need not guess it), and how much time passes; then an octet with a quarter of its length.
 */
public final class PcpServiceFuzz {

    static final int REPAIRED = 4;
    private static final int MOST_DATAGRAMS = 40;
    private static final int CLIENT_ADDRESS = 8;
    private static final Ipv6Address TRUSTED = Ipv6Address.parse("::1");
    private static final List<Ipv6Address> SOURCES = List.of(
            Ipv6Address.parse("2001:db8:0:100::1"),
            Ipv6Address.parse("2001:db8:0:200::1"),
            TRUSTED,
            Ipv6Address.parse("::ffff:192.0.0.2"));

    private PcpServiceFuzz() {}

    /** The fuzzer's entry. */
    public static void fuzzerTestOneInput(byte[] input) {
        try (BindingTable table = new BindingTable()) {
            LeaseTable leases = new LeaseTable(
                    List.of(
                            new Pool(Pools.settings("one", 0, 6, 1024, "192.0.2.1")),
                            new Pool(Pools.forClients(
                                    Pools.settings("scattered", 4, 4, 1024, "192.0.2.2"), "2001:db8:0:200::/56"))),
                    table,
                    Ipv6Address.parse("2001:db8:ffff::1"));
            Instant[] now = {Instant.ofEpochSecond(1_000_000)};
            PcpService service = new PcpService(
                    new Provisioner(leases, new Subscribers(), null, () -> now[0]),
                    null,
                    List.of(new Ipv6Prefix(TRUSTED, 128)),
                    now[0]);
            int position = 0;
            for (int i = 0; i < MOST_DATAGRAMS && position + 2 <= input.length; i++) {
                int how = input[position];
                int end = Math.min(input.length, position + 2 + (input[position + 1] & 0xff) * 4);
                byte[] datagram = Arrays.copyOfRange(input, position + 2, end);
                Ipv6Address source = SOURCES.get(how & 3);
                if ((how & REPAIRED) != 0 && datagram.length >= CLIENT_ADDRESS + 16) {
                    System.arraycopy(source.toBytes(), 0, datagram, CLIENT_ADDRESS, 16);
                }
                now[0] = now[0].plusSeconds(how >>> 3 & 0xf);
                serve(service, datagram, source, now[0]);
                if (leases.size() != table.size()) {
                    throw new IllegalStateException("Leases and table differ");
                }
                position = end;
            }
        }
    }

    private static void serve(PcpService service, byte[] datagram, Ipv6Address source, Instant now) {
        // With the softwire's end apart from the source, as a request through the softwire has it.
        Ipv6Address b4 = source.isMapped() ? SOURCES.getFirst() : source;
        List<ByteBuf> answers = new ArrayList<>();
        service.serve(Unpooled.wrappedBuffer(datagram), source, b4, 40000, now, answers::add);
        if (answers.size() > 1) {
            throw new IllegalStateException("More than one answer");
        }
        for (ByteBuf answer : answers) {
            requireAnswer(datagram, answer);
            answer.release();
        }
    }

    private static void requireAnswer(byte[] datagram, ByteBuf answer) {
        try {
            PcpResponse response = PcpResponse.decode(answer);
            boolean isLonger = answer.readableBytes() > Math.max(24, datagram.length + 3 & ~3);
            if (isLonger || response.opcode() != (datagram[1] & 0x7f)) {
                throw new IllegalStateException("An answer that is no answer to the request: " + response);
            }
        } catch (PcpException e) {
            throw new IllegalStateException("An answer that cannot be read", e);
        }
    }
}
