package io.portledger.collector;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class CollectorCommandTest {

    private @TempDir Path directory;

    @Test
    void aProcessSaysWhereItListensAndStopsInOrderWhenItIsTold() throws Exception {
        try (KafkaBroker broker = new KafkaBroker(Files.createTempDirectory("portledger-kafka"))) {
            broker.start();
            Path config = directory.resolve("collector.yaml");
            Files.writeString(config, """
                    collector:
                      state-directory: "%s"
                      metrics: {listen: "127.0.0.1:0"}
                      ipfix: {udp: "127.0.0.1:0", tcp: "127.0.0.1:0"}
                      syslog: {udp: "127.0.0.1:0", tcp: "127.0.0.1:0"}
                      kafka: {bootstrap-servers: "%s"}
                    """.formatted(directory.resolve("state"), broker.bootstrapServers()));
            Path ready = directory.resolve("ready.properties");
            Path log = directory.resolve("log");
            Process process = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "--enable-native-access=ALL-UNNAMED",
                            "--sun-misc-unsafe-memory-access=allow",
                            "-Xmx256m",
                            "-cp",
                            System.getProperty("java.class.path"),
                            CollectorCommand.class.getName(),
                            "--config",
                            config.toString(),
                            "--ready-file",
                            ready.toString())
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
            try {
                Awaitility.await().atMost(90, TimeUnit.SECONDS).until(() -> Files.exists(ready) || !process.isAlive());
                assertThat(process.isAlive()).as(Files.readString(log)).isTrue();
                Properties properties = new Properties();
                try (var in = Files.newBufferedReader(ready)) {
                    properties.load(in);
                }
                assertThat(properties.stringPropertyNames())
                        .containsExactlyInAnyOrder("ipfix.udp", "ipfix.tcp", "syslog.udp", "syslog.tcp", "metrics");
                assertThat(properties.getProperty("ipfix.udp")).matches("127\\.0\\.0\\.1:[1-9][0-9]+");
            } finally {
                process.destroy();
            }
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isEqualTo(128 + 15);
            assertThat(Files.readString(log)).contains("The collector has stopped: nothing counted");
        }
    }

    @Test
    void settingsThatCannotBeUsedAreOneSentence() throws Exception {
        Path config = directory.resolve("collector.yaml");
        Files.writeString(config, "collector: {ipfx: {}}");
        StringWriter errors = new StringWriter();
        int exit = new CommandLine(new CollectorCommand())
                .setErr(new PrintWriter(errors))
                .execute("--config", config.toString());

        assertThat(exit).isEqualTo(2);
        assertThat(errors.toString()).startsWith("collector: ").contains("ipfx").contains("ipfix");
        assertThat(errors.toString().lines()).hasSize(1);
    }

    @Test
    void helpNamesTheOptions() {
        StringWriter out = new StringWriter();
        int exit = new CommandLine(new CollectorCommand())
                .setOut(new PrintWriter(out))
                .execute("--help");

        assertThat(exit).isZero();
        assertThat(List.of("--config", "--ready-file", "--version")).allMatch(out.toString()::contains);
    }

    private record Ran(int exit, String out, String errors) {}

    private static Ran run(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter errors = new StringWriter();
        int exit = new CommandLine(new CollectorCommand())
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(errors))
                .execute(arguments);
        return new Ran(exit, out.toString(), errors.toString());
    }

    @Test
    void dialectsAreListedWithTheirOriginAndWhetherTheyAreVerified() throws Exception {
        Files.writeString(Files.createDirectory(directory.resolve("dialects")).resolve("acme.yaml"), ACME);
        Path config = directory.resolve("collector.yaml");
        Files.writeString(
                config,
                "collector: {syslog: {dialects: dialects, dialect-exporters: {acme: [192.0.2.1], f5-lsn: []}}}");
        Ran ran = run("dialects", "--config", config.toString());

        assertThat(ran.exit()).as(ran.errors()).isZero();
        assertThat(ran.out())
                .containsPattern("ietf-nat-logging +yes")
                .containsPattern("acme +in part +1  Acme NAT \\(.*acme.yaml\\) \\(from 192.0.2.1/32\\)")
                .containsPattern("nfware +yes +\\d+  NFWare")
                .containsPattern("f5-lsn +in part .*\\(from nobody\\)");
    }

    @Test
    void filesWithDialectsAreCheckedByTheirSamples() throws Exception {
        Path right = Files.writeString(directory.resolve("right.yaml"), ACME);
        Path wrong = Files.writeString(
                directory.resolve("wrong.yaml"), ACME.replace("result: unrecognised", "result: ignored"));
        Path broken = Files.writeString(directory.resolve("broken.yaml"), ACME.replace("kind:", "knd:"));

        Ran fine = run("dialects", "--check", right.toString());
        assertThat(fine.exit()).isZero();
        assertThat(fine.out()).contains("right.yaml: dialect acme reads all of its 1 samples as it should");
        Ran failed = run("dialects", "--check", right.toString(), wrong.toString());
        assertThat(failed.exit()).isEqualTo(1);
        assertThat(failed.out())
                .contains(
                        "wrong.yaml: sample 1 of dialect acme: expected IGNORED, but the dialect does not recognise it");
        Ran unusable = run("dialects", "--check", broken.toString());
        assertThat(unusable.exit()).isEqualTo(2);
        assertThat(unusable.errors()).contains("broken.yaml, line 8: unknown key events[0].knd");
    }

    @Test
    void aDialectThatCannotBeUsedStopsTheStart() throws Exception {
        Files.writeString(
                Files.createDirectory(directory.resolve("dialects")).resolve("acme.yaml"),
                ACME.replace("kind: allocated", "kind: given"));
        Path config = directory.resolve("collector.yaml");
        Files.writeString(config, "collector: {syslog: {dialects: dialects}}");
        Ran ran = run("--config", config.toString());

        assertThat(ran.exit()).isEqualTo(2);
        assertThat(ran.errors()).contains("acme.yaml, line 8: Invalid value \"given\" for key events[0].kind");
    }

    private static final String ACME = """
            name: acme
            devices: Acme NAT
            verified: false
            source: a test
            literals: [ACME]
            begins: ACME
            events:
              - kind: allocated
                pattern: 'ACME (?P<inside_address>\\S+) (?P<public_address>\\S+) (?P<port>\\d+)'
            samples:
              - message: '<14>x'
                result: unrecognised
            """;
}
