package io.portledger.lwb4.softwire;

import io.portledger.packet.ReassemblyLimits;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.Ipv6Prefix;
import io.portledger.softwire.PortSet;
import io.portledger.softwire.Softwire;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The lwB4's end of a softwire, as settings write it.
 *
 * @param tunDevice the TUN device; empty: none, and no packet is forwarded
 * @param lwaftr the lwAFTR's end; null: as the network says
 * @param address this end; null: by {@code prefix}, or as the network says
 * @param prefix what the network routes here, from which this end's address is made; null: unknown. At most 64 bits
 * @param ipv4 the public IPv4 address of a binding that is not obtained; null: none
 * @param portSet its ports; null: none
 * @param nftables who loads the rules for translation
 * @param onBinding a command of the shell that is run when the binding changes; empty: none
 * @param mtu the largest IPv6 packet that is sent
 * @param reassembly bounds for fragments that come out of the softwire
 */
public record SoftwireSettings(
        String tunDevice,
        @Nullable LwaftrName lwaftr,
        @Nullable Ipv6Address address,
        @Nullable Ipv6Prefix prefix,
        @Nullable Ipv4Address ipv4,
        @Nullable PortSet portSet,
        Nftables nftables,
        String onBinding,
        int mtu,
        ReassemblyLimits reassembly) {

    private static final int MIN_MTU = 1280;
    private static final int LONGEST_PREFIX = 64;

    /** What is done with the rules of {@link NftRules}. */
    public enum Nftables {
        /** They are loaded, and the translations of the binding before are flushed. */
        APPLY,
        /** They are printed. */
        PRINT,
        /** Nothing. */
        OFF
    }

    /** @throws IllegalArgumentException naming the key and what it allows */
    public SoftwireSettings {
        if (mtu < MIN_MTU || mtu > 65535) {
            throw new IllegalArgumentException(
                    "Invalid value " + mtu + " for key mtu: out of range (allowed: " + MIN_MTU + "-65535)");
        }
        if (prefix != null && prefix.length() > LONGEST_PREFIX) {
            throw new IllegalArgumentException("Invalid value " + prefix
                    + " for key prefix: it leaves no room for the address (allowed: a length of 0-64)");
        }
    }

    /** Whether packets are forwarded. */
    public boolean forwards() {
        return !tunDevice.isEmpty();
    }

    /** This end's address for a binding that is known (RFC 7596 §5.1), if the settings say it. */
    public Optional<Ipv6Address> addressFor(Ipv4Address publicAddress, PortSet ports) {
        return Optional.ofNullable(
                address != null ? address : prefix == null ? null : Softwire.address(prefix, publicAddress, ports));
    }

    /** This end's address before a binding is known, if the settings say it: without one of its own, ::1 in the prefix. */
    public Optional<Ipv6Address> addressToAskFrom() {
        return Optional.ofNullable(
                address != null
                        ? address
                        : prefix == null ? null : new Ipv6Address(prefix.first().high(), 1));
    }
}
