package io.portledger.lwaftr.export;

import static io.portledger.lwaftr.export.Changes.BR;
import static io.portledger.lwaftr.export.Changes.RANGE;
import static io.portledger.lwaftr.export.Changes.SCATTERED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portledger.lwaftr.BindingChange;
import io.portledger.lwaftr.BindingChange.Kind;
import io.portledger.lwaftr.export.SyslogReceiver.Transport;
import io.portledger.settings.HostPort;
import io.portledger.softwire.PortSet;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** rsyslog takes our messages by every transport and gives them on unchanged. */
class RsyslogTest {

    private static final List<BindingChange> CHANGES = List.of(
            Changes.created(RANGE, BR, "a \"b\" \\ [c]"),
            Changes.created(PortSet.WHOLE_ADDRESS, BR, null),
            Changes.created(SCATTERED, BR, "Zoë"),
            Changes.change(Kind.DELETED, Instant.parse("2023-11-14T22:14:20.007Z"), RANGE, BR, null));

    @TempDir
    private Path directory;

    @ParameterizedTest
    @EnumSource
    void writesDownWhatWeSent(Transport transport) throws Exception {
        int port = UdpReceiver.freePort();
        Path received = directory.resolve("received.log");
        Path configuration =
                Files.writeString(directory.resolve("rsyslog.conf"), """
                global(workDirectory="%1$s")
                module(load="imudp")
                module(load="imtcp")
                template(name="parts" type="string"
                  string="%%pri%%|%%timestamp:::date-rfc3339%%|%%hostname%%|%%app-name%%|%%procid%%|%%msgid%%|%%structured-data%%\\n")
                ruleset(name="r") { action(type="omfile" file="%2$s" template="parts") }
                input(type="imudp" address="127.0.0.1" port="%3$d" ruleset="r")
                input(type="imtcp" address="127.0.0.1" port="%3$d" ruleset="r")
                """.formatted(directory, received, port));
        NatSyslogMessages format = new NatSyslogMessages(
                "lwaftr1.example.net", Long.toString(ProcessHandle.current().pid()), 32473, 0);
        SyslogReceiver receiver = new SyslogReceiver(transport, new HostPort("127.0.0.1", port));
        try (Program _ = Program.start(
                "rsyslog",
                "rsyslogd",
                "-n",
                "-f",
                configuration.toString(),
                "-i",
                directory.resolve("pid").toString())) {
            await().until(() -> Program.isUdpPortOpen(port));
            try (BindingExport export = BindingExport.start(Changes.toSyslog(receiver, 100), Instant::now)) {
                CHANGES.forEach(export::onChange);
                await().atMost(Duration.ofSeconds(60))
                        .until(() -> Files.exists(received)
                                && Files.readAllLines(received).size() == CHANGES.size());
            }
        }
        assertThat(Files.readAllLines(received))
                .isEqualTo(CHANGES.stream()
                        .map(change -> format.of(change).toString())
                        // <134>1 TIMESTAMP HOSTNAME NAT PROCID MSGID SD
                        .map(line -> line.replace("<134>1 ", "134 ").split(" ", 7))
                        .map(parts -> String.join("|", parts))
                        .toList());
    }
}
