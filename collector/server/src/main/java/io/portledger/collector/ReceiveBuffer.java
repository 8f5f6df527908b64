package io.portledger.collector;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.DefaultMaxMessagesRecvByteBufAllocator;

/**
 * One buffer for all reads of a datagram channel, as long as nobody keeps what was read. It has room for some datagrams of
 * the greatest length; Netty's allocators have no pool for buffers as long as that, and would make and clear a new one
 * each time.
 */
final class ReceiveBuffer extends DefaultMaxMessagesRecvByteBufAllocator {

    /** The last buffer of a channel is freed with the channel, by the garbage collector, which is no leak. */
    private static final ByteBufAllocator UNWATCHED = new UnpooledByteBufAllocator(true, true);

    private final int octets;

    ReceiveBuffer(int octets) {
        this.octets = octets;
    }

    @Override
    @SuppressWarnings("deprecation") // what Netty's own allocators answer
    public Handle newHandle() {
        return new MaxMessageHandle() {
            private ByteBuf kept = UNWATCHED.directBuffer(octets);

            @Override
            public ByteBuf allocate(ByteBufAllocator allocator) {
                if (kept.refCnt() == 1) {
                    kept.clear();
                } else {
                    // Somebody keeps a datagram, and with it the buffer.
                    kept.release();
                    kept = UNWATCHED.directBuffer(octets);
                }
                return kept.retain();
            }

            @Override
            public int guess() {
                return octets;
            }
        };
    }
}
