package io.portledger.collector;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.RecvByteBufAllocator;
import org.junit.jupiter.api.Test;

class ReceiveBufferTest {

    @SuppressWarnings("deprecation") // Netty deprecates the type and has no other.
    private final RecvByteBufAllocator.Handle handle = new ReceiveBuffer(100).newHandle();

    private ByteBuf next() {
        return handle.allocate(ByteBufAllocator.DEFAULT);
    }

    @Test
    void theSameBufferServesTheNextRead() {
        ByteBuf first = next();
        first.writeZero(60);
        first.release();

        ByteBuf second = next();

        assertThat(second).isSameAs(first);
        assertThat(second.readableBytes()).isZero();
        assertThat(second.writableBytes()).isEqualTo(100);
        second.release();
    }

    @Test
    void aDatagramThatSomebodyKeepsIsNotOverwritten() {
        ByteBuf first = next();
        first.writeByte(7);
        ByteBuf kept = first.readRetainedSlice(1);
        first.release();

        ByteBuf second = next();
        second.writeByte(8);

        assertThat(second).isNotSameAs(first);
        assertThat(kept.getByte(0)).isEqualTo((byte) 7);
        second.release();
        assertThat(kept.release()).isTrue();
    }
}
