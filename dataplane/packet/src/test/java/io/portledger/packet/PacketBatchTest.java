package io.portledger.packet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class PacketBatchTest {

    @Test
    void packetsDoNotTouchOneAnother() {
        try (PacketBatch batch = PacketBatch.withMemory(3, 100)) {
            for (int i = 0; i < 3; i++) {
                byte[] packet = new byte[100];
                Arrays.fill(packet, (byte) (i + 1));
                batch.add(packet);
            }
            for (int i = 0; i < 3; i++) {
                Memory.clear(batch.address(i) - PacketBatch.HEAD_ROOM, PacketBatch.HEAD_ROOM);
            }
            for (int i = 0; i < 3; i++) {
                assertThat(batch.toBytes(i)).hasSize(100).containsOnly(i + 1);
            }
            assertThat(batch.isFull()).isTrue();
            assertThatThrownBy(() -> batch.add(new byte[1])).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void refusesAPacketLongerThanItsSlots() {
        try (PacketBatch batch = PacketBatch.withMemory(1, 100)) {
            assertThatThrownBy(() -> batch.add(new byte[101]))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("a packet of 101 octets (allowed: at most 100)");
        }
    }

    @Test
    void viewsHaveNoMemoryOfTheirOwn() {
        try (PacketBatch batch = PacketBatch.ofViews(1)) {
            assertThatThrownBy(() -> batch.add(new byte[0])).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void newMemoryIsZeroAndClosingTwiceIsHarmless() {
        MemoryRegion region = MemoryRegion.allocate(10_000);
        assertThat(region.size()).isEqualTo(12_288);
        assertThat(Memory.toBytes(region.address(), 12_288)).containsOnly(0);
        region.close();
        region.close();
        assertThatThrownBy(() -> MemoryRegion.allocate(0)).isInstanceOf(IllegalArgumentException.class);
    }
}
