package io.portledger.settings;

import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Settings with every type and shape that is supported; their defaults are example-defaults.yaml. */
record Example(Lwaftr lwaftr, Collector collector) {

    enum Mode {
        HOT_STANDBY,
        COLD_STANDBY,
        OFF
    }

    record Lwaftr(
            String name,
            List<Ipv6Address> brAddresses,
            Ipv4Address ipv4Address,
            boolean hairpinning,
            Mode mode,
            Path stateDirectory,
            Side ipv6Side,
            Lease lease,
            @Nullable Management management,
            List<Pool> pools) {}

    record Side(int mtu, String ingressFilter) {
        Side {
            if (mtu < 1280 || mtu > 65535) {
                throw new IllegalArgumentException("mtu " + mtu + " is out of range (allowed: 1280-65535)");
            }
        }
    }

    record Lease(Duration lifetime, double jitter) {}

    record Management(HostPort listen, @Nullable Path certificate) {
        Management {
            if (listen == null) {
                throw new IllegalArgumentException("key listen is missing");
            }
        }
    }

    record Pool(String prefix, int psidLength, @Nullable Integer weight, List<String> groups) {
        Pool {
            groups = groups == null ? List.of("all") : groups;
        }
    }

    record Collector(
            HostPort listen,
            URI api,
            long bufferOctets,
            @Nullable String password,
            List<HostPort> exporters,
            Map<String, String> producer) {}
}
