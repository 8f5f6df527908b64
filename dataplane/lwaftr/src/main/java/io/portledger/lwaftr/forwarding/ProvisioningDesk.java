package io.portledger.lwaftr.forwarding;

import io.portledger.lwaftr.forwarding.ProvisioningRequest.Reply;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Where a worker hands provisioning requests to the control plane, and finds the answers that it is to send. One thread,
 * the worker's, but for {@link #reply}.
 */
final class ProvisioningDesk {

    /** Answers that wait to be sent; each is at most as long as a PCP or DHCP message. */
    private static final int ROOM = 4096;

    /** For how long after a request an answer is looked for often; most come within a millisecond. */
    private static final long EAGER_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final ControlPlane controlPlane;
    private final BlockingQueue<Reply> replies = new ArrayBlockingQueue<>(ROOM);
    private long eagerUntil;
    private boolean isEager;

    ProvisioningDesk(ControlPlane controlPlane) {
        this.controlPlane = controlPlane;
    }

    ControlPlane controlPlane() {
        return controlPlane;
    }

    /** Hands a request over; false if too many wait. */
    boolean handOver(ProvisioningRequest request, long nowNanos) {
        isEager = true;
        eagerUntil = nowNanos + EAGER_NANOS;
        return controlPlane.take(request);
    }

    /** Whether an answer may come soon, so that the worker should not wait for packets for long. */
    boolean awaitsReply(long nowNanos) {
        isEager = isEager && eagerUntil - nowNanos > 0;
        return isEager;
    }

    /** Leaves an answer for the worker; false if too many wait. Any thread. */
    boolean reply(Reply reply) {
        return replies.offer(reply);
    }

    /** The next answer to send, or null. */
    @Nullable
    Reply takeReply() {
        return replies.poll();
    }
}
