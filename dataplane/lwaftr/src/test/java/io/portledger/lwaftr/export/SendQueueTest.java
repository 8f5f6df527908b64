package io.portledger.lwaftr.export;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.lwaftr.BindingChange;
import org.junit.jupiter.api.Test;

class SendQueueTest {

    private final SendQueue<BindingChange> queue = new SendQueue<>(2);

    @Test
    void keepsTheOldestAndTellsTheNextHowManyWereDroppedBeforeIt() {
        assertThat(queue.offer(Changes.numbered(0))).isTrue();
        assertThat(queue.offer(Changes.numbered(1))).isTrue();
        assertThat(queue.offer(Changes.numbered(2))).isFalse();
        assertThat(queue.offer(Changes.numbered(3))).isFalse();
        assertThat(queue.size()).isEqualTo(2);
        assertThat(queue.poll()).isEqualTo(new SendQueue.Entry<>(Changes.numbered(0), 0));
        assertThat(queue.offer(Changes.numbered(4))).isTrue();
        assertThat(queue.takeDroppedAtEnd()).isZero();
        assertThat(queue.poll()).isEqualTo(new SendQueue.Entry<>(Changes.numbered(1), 0));
        assertThat(queue.poll()).isEqualTo(new SendQueue.Entry<>(Changes.numbered(4), 2));
        assertThat(queue.poll()).isNull();
        assertThat(queue.takeDroppedAtEnd()).isZero();
    }

    @Test
    void repetitionsHaveHalfOfTheRoom() {
        BindingChange snapshot = new BindingChange(
                BindingChange.Kind.SNAPSHOT,
                Changes.CREATED_AT,
                Changes.numbered(9).binding());
        assertThat(queue.isHalfFree()).isTrue();
        assertThat(queue.offerRepetition(snapshot)).isTrue();
        assertThat(queue.isHalfFree()).isFalse();
        assertThat(queue.offerRepetition(snapshot)).isFalse();
        assertThat(queue.offer(Changes.numbered(0))).isTrue();
        assertThat(queue.poll()).isEqualTo(new SendQueue.Entry<>(snapshot, 0));
        assertThat(queue.isHalfFree()).isFalse();
        assertThat(queue.poll()).isEqualTo(new SendQueue.Entry<>(Changes.numbered(0), 1));
        assertThat(queue.isHalfFree()).isTrue();
    }

    @Test
    void whatMustBeTakenIsTakenBeyondTheRoom() {
        for (int i = 0; i < 5; i++) {
            queue.add(Changes.numbered(i));
        }
        assertThat(queue.offer(Changes.numbered(5))).isFalse();
        for (int i = 0; i < 5; i++) {
            assertThat(queue.poll()).isEqualTo(new SendQueue.Entry<>(Changes.numbered(i), 0));
        }
        assertThat(queue.offer(Changes.numbered(6))).isTrue();
    }

    @Test
    void tellsDropsThatNothingFollowed() {
        queue.offer(Changes.numbered(0));
        queue.offer(Changes.numbered(1));
        queue.offer(Changes.numbered(2));
        assertThat(queue.takeDroppedAtEnd()).isZero();
        queue.poll();
        queue.poll();
        assertThat(queue.takeDroppedAtEnd()).isEqualTo(1);
        assertThat(queue.takeDroppedAtEnd()).isZero();
        queue.offer(Changes.numbered(3));
        assertThat(queue.poll()).isEqualTo(new SendQueue.Entry<>(Changes.numbered(3), 0));
    }
}
