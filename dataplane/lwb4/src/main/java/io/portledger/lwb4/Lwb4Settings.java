package io.portledger.lwb4;

import io.portledger.lwb4.softwire.SoftwireSettings;
import io.portledger.settings.HostPort;
import io.portledger.settings.Settings;
import io.portledger.settings.SettingsException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The settings of an lwB4: what stands under the key {@code lwb4}. {@code lwb4-defaults.yaml} explains each key.
 *
 * @param provisioning by which way the binding comes
 * @param pcpServer the PCP server; null: as the network says, else the lwAFTR
 * @param lifetime what is asked for by PCP, in whole seconds
 * @param learnFurtherRanges whether the further ranges of a scattered port set are asked for
 * @param dhcp where and how DHCPv6 is spoken
 * @param softwire through which packets are forwarded
 */
public record Lwb4Settings(
        Provisioning provisioning,
        @Nullable HostPort pcpServer,
        Duration lifetime,
        boolean learnFurtherRanges,
        DhcpSettings dhcp,
        SoftwireSettings softwire) {

    /** The ways by which a binding can come. */
    public enum Provisioning {
        /** It stands in the settings. */
        STATIC,
        /** By PCP (RFC 6887, RFC 7753). */
        PCP,
        /** By DHCPv4 over DHCPv6 (RFC 7341, RFC 7618, RFC 8539). */
        DHCP4O6,
        /** By a DHCPv6 container (RFC 7598). */
        DHCPV6,
        /** By what the DHCPv6 server offers, in the order that it prefers (RFC 8026). */
        AUTO
    }

    /**
     * DHCPv6 towards the network.
     *
     * @param interfaceName the interface; empty: none, DHCPv6 is not spoken
     * @param leaseFile where a lease of DHCPv4 over DHCPv6 is kept, so that it is asked for again after a restart;
     *     null: nowhere
     */
    public record DhcpSettings(
            String interfaceName, @Nullable Path leaseFile) {}

    /** @throws IllegalArgumentException naming the key and what it allows */
    public Lwb4Settings {
        if (lifetime.toSeconds() < 1 || lifetime.toSeconds() > 0xffff_ffffL) {
            throw new IllegalArgumentException(
                    "Invalid value " + lifetime + " for key lifetime: out of range (allowed: 1s to 4294967295s)");
        }
    }

    private record WholeFile(Lwb4Settings lwb4) {}

    /**
     * Reads the settings: defaults, file, environment.
     *
     * @param file null for none
     * @throws SettingsException with a message for the operator
     */
    public static Lwb4Settings read(@Nullable Path file, Map<String, String> environment) {
        return Settings.read(WholeFile.class, "lwb4-defaults.yaml", file, environment)
                .lwb4();
    }

    /**
     * Whether a binding can come by its way with the other settings.
     *
     * @throws SettingsException saying which key needs which value
     */
    void requireConsistent() {
        if (softwire.ipv4() != null || softwire.portSet() != null) {
            require(
                    provisioning == Provisioning.STATIC,
                    "lwb4.softwire.ipv4 and lwb4.softwire.port-set are a binding of your own: set "
                            + "lwb4.provisioning to static, or leave them out");
        }
        switch (provisioning) {
            case STATIC -> {
                require(softwire.forwards(), "Key lwb4.softwire.tun-device needs a value if provisioning is static");
                requirePresent("lwb4.softwire.ipv4", softwire.ipv4(), provisioning);
                requirePresent("lwb4.softwire.port-set", softwire.portSet(), provisioning);
                requirePresent("lwb4.softwire.lwaftr", softwire.lwaftr(), provisioning);
                require(
                        softwire.address() != null || softwire.prefix() != null,
                        "Key lwb4.softwire.address or lwb4.softwire.prefix needs a value if provisioning is static");
            }
            case PCP -> {
                require(
                        !dhcp.interfaceName().isEmpty() || pcpServer != null || softwire.lwaftr() != null,
                        "The PCP server is not known: set lwb4.pcp-server, or lwb4.softwire.lwaftr if the lwAFTR "
                                + "itself serves PCP, or lwb4.dhcp.interface-name so that DHCPv6 is asked for it");
                require(
                        !softwire.forwards()
                                || softwire.lwaftr() != null
                                || !dhcp.interfaceName().isEmpty(),
                        "The lwAFTR is not known: set lwb4.softwire.lwaftr, or lwb4.dhcp.interface-name so that "
                                + "DHCPv6 is asked for it");
                require(
                        !softwire.forwards() || softwire.addressToAskFrom().isPresent(),
                        "Key lwb4.softwire.address or lwb4.softwire.prefix needs a value if a softwire is provisioned "
                                + "by PCP: the lwAFTR binds the address that asks");
            }
            case DHCP4O6, DHCPV6, AUTO ->
                require(
                        !dhcp.interfaceName().isEmpty(),
                        "Key lwb4.dhcp.interface-name needs a value if provisioning is "
                                + provisioning.name().toLowerCase(Locale.ROOT)
                                + ": the interface towards the IPv6 network");
        }
    }

    private static void requirePresent(String key, @Nullable Object value, Provisioning provisioning) {
        require(
                value != null,
                "Key " + key + " needs a value if provisioning is "
                        + provisioning.name().toLowerCase(Locale.ROOT));
    }

    private static void require(boolean isMet, String message) {
        if (!isMet) {
            throw new SettingsException(message);
        }
    }
}
