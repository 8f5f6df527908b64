package io.portledger.lwaftr.forwarding;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.lwaftr.LwaftrCommand;
import io.portledger.packet.CaptureWriter;
import io.portledger.packet.LinkType;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class BenchCommandTest {

    @TempDir
    Path directory;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void printsOneLineOfJsonAndForwardsEveryPacketOfEachRound() throws IOException {
        Files.writeString(directory.resolve("bindings.csv"), """
                b4-ipv6,ipv4,psid-offset,psid-len,psid,br-address
                2001:db8:0:100:0:c000:201:22,192.0.2.1,0,6,34,2001:db8:ffff::1
                """);
        Files.writeString(directory.resolve("lwaftr.yaml"), "lwaftr: { binding-table: bindings.csv }\n");
        write("in4.pcap", Vectors.A1);
        write("in6.pcap", Vectors.B1);
        assertThat(bench("--in4", "in4.pcap", "--in6", "in6.pcap", "--seconds", "1", "--cores", "2"))
                .as(err.toString())
                .isZero();
        assertThat(out.toString())
                .matches("\\{\"seconds\":1,\"cores\":2,\"bindings\":1,"
                        + "\"ipv4-to-ipv6\":\\{\"packets-per-second\":[1-9]\\d*,\"octets-per-second\":[1-9]\\d*},"
                        + "\"ipv6-to-ipv4\":\\{\"packets-per-second\":[1-9]\\d*,\"octets-per-second\":[1-9]\\d*},"
                        + "\"not-forwarded-per-second\":0,\"ns-per-packet\":\\d+\\.\\d,"
                        + "\"resident-bytes\":[1-9]\\d*}\n");
    }

    @Test
    void wantsPackets() throws IOException {
        Files.writeString(directory.resolve("lwaftr.yaml"), "lwaftr: {}\n");
        assertThat(bench("--seconds", "1")).isEqualTo(2);
        assertThat(err).hasToString("lwaftr bench: there are no packets; give --in4, --in6 or both\n");
    }

    private int bench(String... arguments) {
        String[] all = new String[arguments.length + 2];
        all[0] = "bench";
        all[1] = directory.resolve("lwaftr.yaml").toString();
        for (int i = 0; i < arguments.length; i++) {
            all[i + 2] = arguments[i].endsWith(".pcap")
                    ? directory.resolve(arguments[i]).toString()
                    : arguments[i];
        }
        return new CommandLine(new LwaftrCommand())
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(all);
    }

    private void write(String name, String packet) throws IOException {
        try (CaptureWriter writer = CaptureWriter.create(directory.resolve(name), LinkType.RAW)) {
            writer.write(Instant.EPOCH, Engine.hex(packet));
        }
    }
}
