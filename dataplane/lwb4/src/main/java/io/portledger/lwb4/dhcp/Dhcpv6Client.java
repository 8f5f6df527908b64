package io.portledger.lwb4.dhcp;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A DHCPv6 client that asks for information only (RFC 8415 §18.2.6): at its start, again until it is answered, and again
 * when the information is to be refreshed. Neither sockets nor timers. Confined to one thread.
 */
public final class Dhcpv6Client {

    /** The driver's ears. */
    public interface Events {

        /**
         * An Information-request is to be sent.
         *
         * @param transactionId 24 bits
         * @param elapsed since the first request of the exchange
         */
        void transmit(int transactionId, Duration elapsed);

        /** This is what the network says now, whether or not it is news. */
        void learnt(NetworkInformation information);
    }

    // RFC 8415 §7.6.
    private static final Duration LONGEST_DELAY = Duration.ofSeconds(1);
    private static final Duration FIRST_RETRANSMISSION = Duration.ofSeconds(1);
    private static final Duration LONGEST_RETRANSMISSION = Duration.ofHours(1);

    // RFC 8415 §21.25.
    private static final Duration LEAST_LONGEST_RETRANSMISSION = Duration.ofSeconds(60);
    private static final Duration MOST_LONGEST_RETRANSMISSION = Duration.ofDays(1);

    private static final int TRANSACTION_BOUND = 1 << 24;

    private final RandomGenerator random;
    private final Events events;

    private Duration longestRetransmission = LONGEST_RETRANSMISSION;
    private Duration retransmission = Duration.ZERO;
    private @Nullable Instant due;
    private @Nullable Instant firstSentAt;
    private int transactionId;

    /** @param random chooses transaction identifiers and spreads the timers */
    public Dhcpv6Client(RandomGenerator random, Events events) {
        this.random = random;
        this.events = events;
    }

    /** Asks soon, or anew: within a second, so that not all ask at once after a power cut. */
    public void start(Instant now) {
        firstSentAt = null;
        due = now.plusMillis(random.nextLong(LONGEST_DELAY.toMillis() + 1));
    }

    /** When {@link #onTime} is to be called at the latest, if it is. */
    public Optional<Instant> nextDue() {
        return Optional.ofNullable(due);
    }

    /** Sends what is due by {@code now}, if anything. */
    public void onTime(Instant now) {
        if (due == null || due.isAfter(now)) {
            return;
        }
        if (firstSentAt == null) {
            firstSentAt = now;
            transactionId = random.nextInt(TRANSACTION_BOUND);
            retransmission = spread(FIRST_RETRANSMISSION, FIRST_RETRANSMISSION);
        } else {
            retransmission = spread(retransmission.multipliedBy(2), retransmission);
            if (retransmission.compareTo(longestRetransmission) > 0) {
                retransmission = spread(longestRetransmission, longestRetransmission);
            }
        }
        due = now.plus(retransmission);
        events.transmit(transactionId, Duration.between(firstSentAt, now));
    }

    /**
     * Takes a Reply.
     *
     * @return whether it answers what this client asked
     */
    public boolean onReply(int replyTransactionId, NetworkInformation information, Instant now) {
        if (firstSentAt == null || replyTransactionId != transactionId) {
            return false;
        }
        firstSentAt = null;
        Duration longest = information.longestRetransmission();
        if (longest != null
                && longest.compareTo(LEAST_LONGEST_RETRANSMISSION) >= 0
                && longest.compareTo(MOST_LONGEST_RETRANSMISSION) <= 0) {
            longestRetransmission = longest;
        }
        due = now.plus(information.refreshAfter()).plusMillis(random.nextLong(LONGEST_DELAY.toMillis() + 1));
        events.learnt(information);
        return true;
    }

    /** RFC 8415 §15: a tenth of {@code share} more or less. */
    private Duration spread(Duration base, Duration share) {
        return base.plusMillis((long) (share.toMillis() * (0.2 * random.nextDouble() - 0.1)));
    }
}
