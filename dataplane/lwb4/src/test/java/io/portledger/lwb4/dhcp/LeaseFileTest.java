package io.portledger.lwb4.dhcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LeaseFileTest {

    private static final Ipv6Address SOURCE = Ipv6Address.parse("2001:db8:1::100");
    private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");

    @TempDir
    private Path directory;

    @Test
    void aLeaseIsFoundAgainFromTheSameAddressAndFromNoOther() {
        for (Ipv6Address br : new Ipv6Address[] {null, Ipv6Address.parse("2001:db8:ffff::1")}) {
            LeaseFile file = file();
            file.write(SOURCE, lease(br));
            assertThat(file().read(SOURCE)).contains(lease(br));
            assertThat(file.read(Ipv6Address.parse("2001:db8:1::101"))).isEmpty();
            file.delete();
            assertThat(file.read(SOURCE)).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "nonsense", "2001:db8:1::100,a,b,c,d,e,f,g,h", "2001:db8:1::100,192.0.2.1,0/99/1,,,,,,"})
    void aDamagedFileIsNoLease(String text) throws Exception {
        Files.writeString(directory.resolve("lease"), text);
        assertThat(file().read(SOURCE)).isEmpty();
    }

    @Test
    void aFileThatCannotBeWrittenIsDoneWithout() {
        LeaseFile file = new LeaseFile(directory.resolve("absent/lease"));
        assertThatCode(() -> file.write(SOURCE, lease(null))).doesNotThrowAnyException();
        assertThat(new LeaseFile(null).read(SOURCE)).isEmpty();
    }

    private LeaseFile file() {
        return new LeaseFile(directory.resolve("lease"));
    }

    private static Dhcp4o6Lease lease(@Nullable Ipv6Address br) {
        return new Dhcp4o6Lease(
                Ipv4Address.parse("192.0.2.1"),
                new PortSet(0, 6, 34),
                Ipv6Address.parse("2001:db8:0:100:0:c000:201:22"),
                br,
                Ipv4Address.parse("192.0.2.254"),
                NOW.plusSeconds(1),
                NOW.plusSeconds(2),
                NOW.plusSeconds(3));
    }
}
