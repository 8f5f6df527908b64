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
                      ipfix: {udp: "127.0.0.1:0"}
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
                        .containsExactlyInAnyOrder("ipfix.udp", "syslog.udp", "syslog.tcp", "metrics");
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
}
