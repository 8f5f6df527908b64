package io.portledger.softwire.table;

import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import org.jspecify.annotations.Nullable;

/**
 * What a {@code bind-instance} of RFC 8676 holds beside its binding table. Null is a leaf that is not there.
 *
 * @param name the key of the instance
 * @param version binding-table-versioning/version, unsigned
 * @param date binding-table-versioning/date, RFC 3339
 * @param softwireNumMax most softwires that the instance can hold, 1 to 4294967295
 * @param softwirePayloadMtu octets of an IPv4 packet inside the softwire, 0-65535
 * @param softwirePathMru octets of an IPv6 packet that can be received, 0-65535
 */
public record BindInstance(
        String name,
        @Nullable Long version,
        @Nullable String date,
        long softwireNumMax,
        int softwirePayloadMtu,
        int softwirePathMru,
        @Nullable Boolean enableHairpinning,
        @Nullable IcmpPolicy icmpPolicy) {

    /**
     * The container {@code icmp-policy}.
     *
     * @param icmpv4Rate messages per second, unsigned 32 bits
     * @param icmpv6Rate messages per second, unsigned 32 bits
     */
    public record IcmpPolicy(
            @Nullable Boolean allowIncomingIcmpv4,
            @Nullable Long icmpv4Rate,
            @Nullable Boolean generateIcmpv4Errors,
            @Nullable Boolean generateIcmpv6Errors,
            @Nullable Long icmpv6Rate) {

        /** @throws IllegalArgumentException if a rate is not of 32 bits */
        public IcmpPolicy {
            require("icmpv4-rate", icmpv4Rate == null ? 0 : icmpv4Rate, 0, 0xffff_ffffL);
            require("icmpv6-rate", icmpv6Rate == null ? 0 : icmpv6Rate, 0, 0xffff_ffffL);
        }
    }

    /** @throws IllegalArgumentException naming the leaf that is not legal in RFC 8676 */
    public BindInstance {
        require("softwire-num-max", softwireNumMax, 1, 0xffff_ffffL);
        require("softwire-payload-mtu", softwirePayloadMtu, 0, 0xffff);
        require("softwire-path-mru", softwirePathMru, 0, 0xffff);
        if (date != null) {
            try {
                OffsetDateTime.parse(date);
            } catch (DateTimeParseException e) {
                throw new IllegalArgumentException(
                        "date \"" + date + "\" is not of RFC 3339 (expected a form such as 2026-11-23T14:02:07Z)", e);
            }
        }
    }

    /** An instance of which no more is known than its MTUs for Ethernet: 1460 inside, 1500 outside. */
    public static BindInstance named(String name) {
        return new BindInstance(name, null, null, 0xffff_ffffL, 1460, 1500, null, null);
    }

    private static void require(String leaf, long value, long min, long max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(
                    leaf + " " + value + " is out of range (allowed: " + min + "-" + max + ")");
        }
    }
}
