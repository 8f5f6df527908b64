package io.portledger.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portledger.lwaftr.Lwaftr;
import io.portledger.lwaftr.LwaftrSettings;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tables that are not files: of a running lwAFTR, and of a topic. */
class BindingsCommandTest {

    private static final String HEADER = "b4-ipv6,ipv4,psid-offset,psid-len,psid,br-address,subscriber\n";
    private static final String ONE = "2001:db8:0:100::1,192.0.2.1,0,6,34,2001:db8:ffff::1,Elm Street 1\n";
    private static final String TWO = "2001:db8:0:101::1,192.0.2.1,0,6,35,2001:db8:ffff::1,\n";
    private static final String MOVED = "2001:db8:0:102::1,192.0.2.1,0,6,35,2001:db8:ffff::1,\n";

    @TempDir
    Path directory;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private final List<Lwaftr> lwaftrs = new ArrayList<>();
    private final List<Process> processes = new ArrayList<>();

    @AfterEach
    void end() {
        lwaftrs.forEach(Lwaftr::close);
        processes.forEach(process -> process.destroyForcibly().onExit().join());
    }

    @Test
    void aTableIsAppliedToARunningLwaftr() throws Exception {
        Path key = directory.resolve("key.pem");
        Path certificate = directory.resolve("certificate.pem");
        Process openssl = new ProcessBuilder(
                        "openssl",
                        "req",
                        "-x509",
                        "-nodes",
                        "-days",
                        "2",
                        "-subj",
                        "/CN=lwaftr",
                        "-addext",
                        "subjectAltName=IP:127.0.0.1",
                        "-newkey",
                        "rsa:2048",
                        "-keyout",
                        key.toString(),
                        "-out",
                        certificate.toString())
                .redirectErrorStream(true)
                .start();
        openssl.getInputStream().readAllBytes();
        assertThat(openssl.waitFor()).isZero();
        Path tokens = Files.writeString(directory.resolve("tokens"), "a-token-that-nobody-guesses\n");
        Lwaftr lwaftr = lwaftr(Map.of(
                "RESTCONF_LISTEN", "127.0.0.1:0",
                "RESTCONF_CERTIFICATE", certificate.toString(),
                "RESTCONF_KEY", key.toString(),
                "RESTCONF_TOKEN_FILE", tokens.toString()));
        String url = "https://127.0.0.1:"
                + lwaftr.supportingSystem().restconfAddress().orElseThrow().getPort();
        List<String> live = List.of("--lwaftr", url, "--token-file", tokens.toString(), "--ca", certificate.toString());
        Path table = Files.writeString(directory.resolve("table.csv"), HEADER + ONE + TWO);

        assertThat(run(live, "bindings", "import", table, "--dry-run")).isZero();
        assertThat(out.toString())
                .contains("+ 192.0.2.1 0/6/34 2001:db8:0:100::1 via 2001:db8:ffff::1 Elm Street 1")
                .contains("would be 2 bindings in " + url + ": 2 added, 0 removed, 0 changed, 0 unchanged");
        assertThat(lwaftr.bindingTable().size()).isZero();

        assertThat(run(live, "bindings", "import", table)).isZero();
        assertThat(out.toString()).contains("2 bindings in " + url + ": 2 added");
        assertThat(lwaftr.bindingTable().size()).isEqualTo(2);
        assertThat(run(live, "bindings", "diff", table)).isZero();

        Path changed = Files.writeString(directory.resolve("changed.csv"), HEADER + ONE + MOVED);
        assertThat(run(live, "bindings", "diff", changed)).isEqualTo(1);
        assertThat(out.toString())
                .contains("> 192.0.2.1 0/6/35 2001:db8:0:102::1")
                .contains("0 added, 0 removed, 1 changed, 1 unchanged");
        assertThat(run(live, "bindings", "import", changed)).isZero();
        Path exported = directory.resolve("exported.json");
        assertThat(run(live, "bindings", "export", exported)).isZero();
        assertThat(out.toString()).contains("2 bindings of " + url + " in " + exported);
        assertThat(run(List.of(), "bindings", "diff", exported, changed)).isZero();

        // 203.0.113.0/28 is divided by 64 here.
        Path wrong = Files.writeString(
                directory.resolve("wrong.csv"),
                HEADER + ONE + "2001:db8::1,203.0.113.1,0,8,20,2001:db8:ffff::1,\n"
                        + "2001:db8::2,203.0.113.2,0,8,20,2001:db8:ffff::1,\n");
        assertThat(run(live, "bindings", "import", wrong)).isEqualTo(2);
        assertThat(err.toString())
                .contains(url + " refuses (409)")
                .contains("203.0.113.1/0/8/20 for 2001:db8::1: service class default divides that address as 0/6")
                .contains("203.0.113.2/0/8/20 for 2001:db8::2: ")
                .doesNotContain("\tat ");
        assertThat(run(live, "bindings", "diff", changed)).isZero();
    }

    @Test
    void whoMayNotOrCannotIsToldSo() throws Exception {
        Path tokens = Files.writeString(directory.resolve("tokens"), "a-token-that-nobody-guesses\n");
        Path other = Files.writeString(directory.resolve("other"), "another-token-that-nobody-knows\n");
        Lwaftr lwaftr = lwaftr(Map.of("RESTCONF_LISTEN", "127.0.0.1:0", "RESTCONF_TOKEN_FILE", tokens.toString()));
        String url = "http://127.0.0.1:"
                + lwaftr.supportingSystem().restconfAddress().orElseThrow().getPort();
        Path file = directory.resolve("file.csv");

        assertThat(run(List.of(), "bindings", "export", file, "--lwaftr", url)).isEqualTo(2);
        assertThat(err.toString()).contains("--lwaftr needs --token-file");
        assertThat(run(List.of(), "bindings", "export", file, "--lwaftr", url, "--token-file", other))
                .isEqualTo(2);
        assertThat(err.toString()).contains("refuses (401): a bearer token is needed");
        assertThat(run(List.of(), "bindings", "export", file, "--lwaftr", "http://192.0.2.1:1", "--token-file", other))
                .isEqualTo(2);
        assertThat(err.toString()).contains("allowed: https://HOST:PORT");
        assertThat(run(List.of(), "bindings", "export", file, file, "--lwaftr", url, "--token-file", tokens))
                .isEqualTo(2);
        assertThat(err.toString()).contains("is one file too many");
        assertThat(run(List.of(), "bindings", "import", file)).isEqualTo(2);
        assertThat(err.toString()).contains("TABLE is missing");
        assertThat(run(
                        List.of(),
                        "bindings",
                        "export",
                        file,
                        "--lwaftr",
                        url,
                        "--token-file",
                        tokens,
                        "--instance",
                        "other"))
                .isEqualTo(2);
        assertThat(err.toString()).contains("refuses (404): there is no such resource");
    }

    @Test
    void aTableIsPublishedOnATopicThatLwaftrsFollow() throws Exception {
        String kafka = "127.0.0.1:" + startKafka();
        List<String> topic = List.of("--kafka", kafka);
        Path table = Files.writeString(directory.resolve("table.csv"), HEADER + ONE + TWO);
        Path changed = Files.writeString(directory.resolve("changed.csv"), HEADER + MOVED);

        assertThat(run(topic, "bindings", "export", directory.resolve("none.csv")))
                .isEqualTo(2);
        assertThat(err.toString()).contains("there is no topic bindings");
        assertThat(run(topic, "bindings", "import", table)).as(err::toString).isZero();
        assertThat(err.toString()).contains("made topic bindings");
        assertThat(out.toString()).contains("2 bindings in topic bindings at " + kafka + ": 2 added");
        Lwaftr lwaftr = lwaftr(Map.of("SUPPORTING_KAFKA_BOOTSTRAP_SERVERS", kafka));
        assertThat(lwaftr.bindingTable().size()).isEqualTo(2);

        assertThat(run(topic, "bindings", "import", changed)).isZero();
        assertThat(out.toString()).contains("0 added, 1 removed, 1 changed, 0 unchanged");

        await().until(() -> lwaftr.bindingTable().size() == 1);
        assertThat(run(topic, "bindings", "diff", changed)).isZero();
        Path exported = directory.resolve("exported.csv");
        assertThat(run(topic, "bindings", "export", exported)).isZero();
        assertThat(exported).hasContent(HEADER + MOVED);
    }

    private Lwaftr lwaftr(Map<String, String> settings) {
        Map<String, String> environment = new HashMap<>();
        environment.put("PORTLEDGER_LWAFTR_PCP_LISTEN", "[::1]:0");
        environment.put("PORTLEDGER_LWAFTR_SERVICE_CLASSES", "[{prefixes: [203.0.113.0/28]}]");
        settings.forEach((key, value) -> environment.put("PORTLEDGER_LWAFTR_" + key, value));
        Lwaftr started = Lwaftr.start(LwaftrSettings.read(null, environment), InstantSource.system());
        lwaftrs.add(started);
        return started;
    }

    private int startKafka() throws Exception {
        int port = freePort();
        List<String> command = Installation.find()
                .node(
                        "kafka",
                        List.of("-Xmx256m"),
                        "io.portledger.standalone.kafka.KafkaNode",
                        List.of(directory.resolve("kafka").toString(), "" + port, "" + freePort()));
        processes.add(new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("kafka.log").toFile())
                .start());
        await().atMost(Duration.ofMinutes(2)).ignoreExceptions().until(() -> {
            new Socket(InetAddress.getLoopbackAddress(), port).close();
            return true;
        });
        return port;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private int run(List<String> options, Object... arguments) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        return Portledger.commandLine()
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(Stream.concat(Stream.of(arguments).map(Object::toString), options.stream())
                        .toArray(String[]::new));
    }
}
