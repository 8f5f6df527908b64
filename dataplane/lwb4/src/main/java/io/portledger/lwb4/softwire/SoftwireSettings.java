package io.portledger.lwb4.softwire;

import io.portledger.packet.ReassemblyLimits;
import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The lwB4's end of a softwire, as settings write it.
 *
 * @param tunDevice the TUN device; empty: none, and no packet is forwarded
 * @param lwaftr the lwAFTR's end
 * @param address this end; null only without a device
 * @param ipv4 the public IPv4 address; null only without a device
 * @param portSet its ports; null only without a device
 * @param mtu the largest IPv6 packet that is sent
 * @param reassembly bounds for fragments that come out of the softwire
 */
public record SoftwireSettings(
        String tunDevice,
        Ipv6Address lwaftr,
        @Nullable Ipv6Address address,
        @Nullable Ipv4Address ipv4,
        @Nullable PortSet portSet,
        int mtu,
        ReassemblyLimits reassembly) {

    private static final int MIN_MTU = 1280;

    /** @throws IllegalArgumentException naming the key and what it allows */
    public SoftwireSettings {
        if (mtu < MIN_MTU || mtu > 65535) {
            throw new IllegalArgumentException(
                    "Invalid value " + mtu + " for key mtu: out of range (allowed: " + MIN_MTU + "-65535)");
        }
        if (!tunDevice.isEmpty()) {
            requirePresent("address", address);
            requirePresent("ipv4", ipv4);
            requirePresent("port-set", portSet);
        }
    }

    /** What the device's packets follow; empty if there is no device. */
    public Optional<Binding> binding() {
        if (tunDevice.isEmpty() || address == null || ipv4 == null || portSet == null) {
            return Optional.empty();
        }
        return Optional.of(new Binding(address, ipv4, portSet, lwaftr));
    }

    private static void requirePresent(String key, @Nullable Object value) {
        if (value == null) {
            throw new IllegalArgumentException("Key " + key + " needs a value if tun-device has one");
        }
    }
}
