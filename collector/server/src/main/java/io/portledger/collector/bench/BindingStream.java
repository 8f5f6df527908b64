package io.portledger.collector.bench;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.portledger.ipfix.Iana;
import io.portledger.ipfix.IpfixEncoder;
import io.portledger.ipfix.RecordMapping;
import io.portledger.ipfix.RecordWriter;
import io.portledger.ipfix.Template;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.concurrent.locks.LockSupport;

/**
 * One lwAFTR's IPFIX over UDP, always the same but for its times: blocks of ports are allocated, then released, in waves,
 * of one holder after the other. 30 records of 41 octets a message; the template comes with the first and then with every
 * thousandth. For one thread.
 */
public final class BindingStream implements AutoCloseable {

    /** How many allocations there are before their releases. */
    public static final int WAVE = 32_768;

    /** How many blocks of ports there are; after that they are allocated anew. */
    public static final int BLOCKS = 1 << 20;

    /** Records in a message. */
    public static final int RECORDS_A_MESSAGE = 30;

    private static final int TEMPLATE_EVERY = 1_000;
    private static final int FIRST_ADDRESS = 0x6400_0000;
    private static final int BLOCK_PORTS = 1_024;
    /** Ports below 1024 are nobody's. */
    private static final int BLOCKS_AN_ADDRESS = 63;

    private static final int PORT_BLOCK_ALLOCATION = 16;
    private static final int PORT_BLOCK_DEALLOCATION = 17;

    private static final Template TEMPLATE = Template.of(
            Template.MIN_ID,
            Iana.OBSERVATION_TIME_MILLISECONDS,
            Iana.NAT_EVENT,
            Iana.SOURCE_IPV6_ADDRESS,
            Iana.POST_NAT_SOURCE_IPV4_ADDRESS,
            Iana.PORT_RANGE_START,
            Iana.PORT_RANGE_END,
            Iana.PORT_RANGE_STEP_SIZE,
            Iana.PORT_RANGE_NUM_PORTS,
            Iana.NAT_INSTANCE_ID);

    private static final RecordMapping<BindingStream> MAPPING = BindingStream::write;

    private final DatagramChannel channel;
    private final IpfixEncoder encoder = new IpfixEncoder(1, 1_400);
    private final ByteBuf message = Unpooled.directBuffer(1_400);
    private long messages;
    private long records;
    private long nowMillis;

    private BindingStream(DatagramChannel channel) {
        this.channel = channel;
    }

    /**
     * A stream that begins.
     *
     * @throws IOException if there is no socket
     */
    public static BindingStream to(InetSocketAddress collector) throws IOException {
        return new BindingStream(DatagramChannel.open().connect(collector));
    }

    /**
     * Goes on with the stream, spread evenly over time.
     *
     * @param count how many records more, rounded up to whole messages
     * @param perSecond how many in a second
     * @return how many were sent
     * @throws IOException if the socket fails
     */
    public long send(long count, long perSecond) throws IOException {
        long sent = 0;
        long began = System.nanoTime();
        while (sent < count) {
            long due = began + (long) (sent * 1e9 / perSecond);
            for (long early = due - System.nanoTime(); early > 0; early = due - System.nanoTime()) {
                // Some messages at once, as an exporter does.
                LockSupport.parkNanos(Math.max(early, 1_000_000));
            }
            sent += sendMessage();
        }
        return sent;
    }

    private int sendMessage() throws IOException {
        nowMillis = System.currentTimeMillis();
        message.clear();
        encoder.begin(message, nowMillis / 1000);
        if (messages++ % TEMPLATE_EVERY == 0) {
            encoder.addTemplate(TEMPLATE);
        }
        for (int i = 0; i < RECORDS_A_MESSAGE; i++) {
            encoder.addRecord(TEMPLATE, this, MAPPING);
            records++;
        }
        int inMessage = encoder.end();
        ByteBuffer octets = message.nioBuffer();
        try {
            channel.write(octets);
        } catch (PortUnreachableException e) {
            throw new IOException("nobody listens at " + channel.getRemoteAddress(), e);
        }
        return inMessage;
    }

    private void write(RecordWriter fields) {
        long wave = records / (2 * WAVE);
        long inWave = records % (2 * WAVE);
        int block = (int) ((wave * WAVE + inWave % WAVE) % BLOCKS);
        int first = BLOCK_PORTS * (1 + block % BLOCKS_AN_ADDRESS);
        fields.putEpochMillis(nowMillis)
                .putUnsigned(inWave < WAVE ? PORT_BLOCK_ALLOCATION : PORT_BLOCK_DEALLOCATION)
                .putIpv6(0x2001_0db8_0000_0000L | block, 1)
                .putIpv4(FIRST_ADDRESS + block / BLOCKS_AN_ADDRESS)
                .putUnsigned(first)
                .putUnsigned(first + BLOCK_PORTS - 1)
                .putUnsigned(1)
                .putUnsigned(BLOCK_PORTS)
                .putUnsigned(1);
    }

    /** How many bindings have ended by the records sent so far. */
    public long ended() {
        return records / (2 * WAVE) * WAVE + Math.max(0, records % (2 * WAVE) - WAVE);
    }

    @Override
    public void close() throws IOException {
        channel.close();
        message.release();
    }
}
