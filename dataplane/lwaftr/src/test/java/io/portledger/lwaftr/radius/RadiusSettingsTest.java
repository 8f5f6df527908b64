package io.portledger.lwaftr.radius;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portledger.lwaftr.LwaftrSettings;
import io.portledger.radius.SharedSecret;
import io.portledger.settings.SettingsException;
import io.portledger.softwire.Ipv6Address;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RadiusSettingsTest {

    private static final SharedSecret SECRET = new SharedSecret("s3cret".getBytes(StandardCharsets.UTF_8));

    @TempDir
    private Path directory;

    @Test
    void nobodyIsAskedOrToldUnlessTheSettingsSaySo() {
        RadiusSettings settings = read(Map.of());
        assertThat(settings.servers()).isEmpty();
        assertThat(settings.accountingServers()).isEmpty();
        assertThat(settings.coa().listen()).isNull();
        assertThat(settings.requireMessageAuthenticator()).isTrue();
    }

    @Test
    void aSecretIsTheFirstLineOfAFileOrAnEnvironmentVariable() throws Exception {
        Path file = Files.writeString(directory.resolve("secret"), "s3cret\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));

        assertThat(RadiusSettings.secret(file, null, Map.of())).isEqualTo(SECRET);
        assertThat(RadiusSettings.secret(null, "NAME", Map.of("NAME", "s3cret")))
                .isEqualTo(SECRET);
    }

    @Test
    void aSecretThatEverybodyMayReadIsRefusedWithWhatToDo() throws Exception {
        Path file = Files.writeString(directory.resolve("secret"), "s3cret\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));

        assertThatThrownBy(() -> RadiusSettings.secret(file, null, Map.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("secret-file")
                .hasMessageContaining("chmod o-rw " + file);
    }

    @Test
    void aSecretThatIsNotThereIsNamed() throws Exception {
        Path missing = directory.resolve("missing");
        assertThatThrownBy(() -> RadiusSettings.secret(missing, null, Map.of()))
                .hasMessageContaining("there is no such file");
        Path empty = Files.writeString(directory.resolve("empty"), "");
        Files.setPosixFilePermissions(empty, PosixFilePermissions.fromString("rw-------"));
        assertThatThrownBy(() -> RadiusSettings.secret(empty, null, Map.of())).hasMessageContaining("it is empty");
        assertThatThrownBy(() -> RadiusSettings.secret(null, "NAME", Map.of()))
                .hasMessageContaining("there is no such environment variable");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "SERVERS | [{address: '192.0.2.1:1812'}] | secret-file",
                "SERVERS | [{address: '192.0.2.1:1812', secret-file: a, secret-environment: B}] | secret-environment",
                "SERVERS | [{secret-file: a}] | a server needs one",
                "SERVERS | [{address: '192.0.2.1:1812', secret-file: a}] | password-file",
                "SERVERS | [{address: '192.0.2.1:1812', secret: clear}] | unknown key",
                "TRIES | 0 | allowed: 1-10",
                "TIMEOUT | 1ms | 10ms to 1m",
                "MAX_OUTSTANDING | 65537 | 1-65536",
                "QUEUE_RECORDS | 0 | queue-records",
                "INTERIM_INTERVAL | 59s | RFC 2869",
                "USER_NAME | lw | {b4}",
                "USER_NAME | '{b5}' | {b5} stands for nothing",
                "USER_NAME | '{prefix129}' | stands for nothing",
                "PASSWORD | secret | user-name",
                "COA_LISTEN | '127.0.0.1:3799' | nobody may send",
                "COA_CLIENTS | [{secret-file: a}] | a client needs one",
                "COA_CLIENTS | [{address: '::1'}] | secret-file",
                "COA_EVENT_TIMESTAMP_WINDOW | 0s | 1s and more",
                "COA_REQUESTS_PER_SECOND | 0 | requests-per-second",
            })
    void whatCannotBeIsRefusedWithWhatIsAllowed(String key, String value, String message) {
        assertThatThrownBy(() -> read(Map.of(key, value)))
                .isInstanceOf(SettingsException.class)
                .hasMessageContaining(message);
    }

    @Test
    void aUserNameIsMadeOfTheAddressOrAPrefixOfIt() {
        Ipv6Address b4 = Ipv6Address.parse("2001:db8:0:1ff::1");
        assertThat(UserName.parse("{b4}").of(b4)).isEqualTo("2001:db8:0:1ff::1");
        assertThat(UserName.parse("{prefix56}@lw.example.net").of(b4)).isEqualTo("2001:db8:0:100::/56@lw.example.net");
        assertThat(UserName.parse("a{prefix0}-{b4}").of(b4)).isEqualTo("a::/0-2001:db8:0:1ff::1");
    }

    private static RadiusSettings read(Map<String, String> variables) {
        Map<String, String> environment = new HashMap<>();
        variables.forEach((key, value) -> environment.put("PORTLEDGER_LWAFTR_RADIUS_" + key, value));
        return LwaftrSettings.read(null, environment).radius();
    }
}
