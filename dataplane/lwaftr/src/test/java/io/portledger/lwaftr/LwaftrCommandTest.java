package io.portledger.lwaftr;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.settings.HostPort;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class LwaftrCommandTest {

    @TempDir
    private Path directory;

    @Test
    void runServesSaysSoAndEndsWhenItIsTold() throws IOException, InterruptedException {
        Path config = directory.resolve("lwaftr.yaml");
        Path ready = directory.resolve("ready");
        Path output = directory.resolve("output");
        Files.writeString(config, """
                lwaftr:
                  pcp:
                    listen: "[::1]:0"
                  service-classes:
                    - prefixes: [192.0.2.0/24]
                """);
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        "--enable-native-access=ALL-UNNAMED",
                        LwaftrCommand.class.getName(),
                        "run",
                        "--config",
                        config.toString(),
                        "--ready-file",
                        ready.toString())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            Awaitility.await().atMost(60, TimeUnit.SECONDS).until(() -> Files.exists(ready) || !process.isAlive());
            assertThat(process.isAlive()).as(Files.readString(output)).isTrue();
            List<String> lines = Files.readAllLines(ready);
            assertThat(lines).singleElement().asString().startsWith("pcp=[0:0:0:0:0:0:0:1]:");
            HostPort address = HostPort.parse(lines.getFirst().substring("pcp=".length()));
            assertThat(address.port()).isPositive();
            process.destroy();
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(Files.readString(output)).contains("lwAFTR serves PCP on " + address);
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void aConfigurationThatIsNotRightEndsItWithAMessageAndNoStackTrace() throws IOException {
        Path config = directory.resolve("lwaftr.yaml");
        Files.writeString(config, "lwaftr:\n  pols: []\n");
        StringWriter errors = new StringWriter();
        int code = new CommandLine(new LwaftrCommand())
                .setErr(new PrintWriter(errors, true))
                .execute("run", "--config", config.toString());
        assertThat(code).isEqualTo(2);
        assertThat(errors.toString())
                .contains("lwaftr.yaml")
                .contains("service-classes")
                .doesNotContain("Exception");
    }

    @Test
    void anEndPointIsWrittenAsItIsRead() throws UnknownHostException {
        assertThat(LwaftrCommand.hostAndPort(new InetSocketAddress(InetAddress.ofLiteral("192.0.2.1"), 5351)))
                .isEqualTo("192.0.2.1:5351");
        byte[] octets = InetAddress.ofLiteral("fe80::1").getAddress();
        assertThat(LwaftrCommand.hostAndPort(new InetSocketAddress(InetAddress.getByAddress(octets), 5351)))
                .isEqualTo("[fe80:0:0:0:0:0:0:1]:5351");
    }

    @Test
    void theFileIsThereAsAWhole() throws IOException {
        Path file = directory.resolve("ready");
        Files.writeString(file, "old");
        LwaftrCommand.writeAtomically(file, "pcp=x\n");
        assertThat(file).hasContent("pcp=x\n");
        try (var files = Files.list(directory)) {
            assertThat(files).containsExactly(file);
        }
    }
}
