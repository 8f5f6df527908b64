package io.portledger.lwaftr.supporting;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * Fuzzing of what reads from the supporting system. What a fuzzer found worth keeping is replayed each time; with {@code -Dfuzz.seconds=600} a fuzzer
 * looks for more and adds it to the file:
 *
 * <pre>./portledger test -pl dataplane/lwaftr -am -Dtest=SupportingFuzzTest -Dsurefire.failIfNoSpecifiedTests=false
 *     -Dfuzz.seconds=600</pre>
 */
class SupportingFuzzTest {

    private static final Path CORPUS = Path.of("src/test/resources/fuzz/supporting.hex");
    private static final int LONGEST_KEPT = 1000;

    private static final String ENTRY = "{\"binding-ipv6info\":\"2001:db8::1\",\"binding-ipv4-addr\":\"192.0.2.1\","
            + "\"port-set\":{\"psid-offset\":0,\"psid-len\":6,\"psid\":34},\"br-ipv6-addr\":\"2001:db8:ffff::1\","
            + "\"portledger-softwire:subscriber\":\"Haus 7\"}";

    /** One of each kind. */
    static final List<byte[]> SEEDS = List.of(
            record("192.0.2.1/0/6/34", ENTRY),
            record("subscriber:2001:db8::/56", "{\"subscriber\":\"Haus 7\",\"service-class\":\"business\"}"),
            octets(2, "{\"ietf-softwire-br:binding-table\":{\"binding-entry\":[" + ENTRY + "]}}"),
            octets(3, "{\"ietf-softwire-br:binding-entry\":[" + ENTRY + "]}"),
            octets(5, "binding-entry=2001%3Adb8%3A%3A1"),
            octets(4, ENTRY),
            record("192.0.2.1/0/6/34", ""));

    private static byte[] record(String key, String value) {
        return octets(0, (char) key.length() + key + value);
    }

    private static byte[] octets(int kind, String text) {
        return ((char) kind + text).getBytes(UTF_8);
    }

    @Test
    void whatAFuzzerFoundIsStillReadOrRefused() throws IOException {
        List<byte[]> inputs = new ArrayList<>(SEEDS);
        inputs.addAll(corpus());
        assertThat(inputs).hasSizeGreaterThan(20);
        for (byte[] input : inputs) {
            SupportingFuzz.fuzzerTestOneInput(input);
        }
    }

    @Test
    @EnabledIfSystemProperty(named = "fuzz.seconds", matches = "\\d+")
    void aFuzzerFindsNothingWrong(@TempDir Path directory) throws Exception {
        String seconds = System.getProperty("fuzz.seconds");
        Path found = Files.createDirectory(directory.resolve("found"));
        Path kept = Files.createDirectory(directory.resolve("kept"));
        Path start = Files.createDirectory(directory.resolve("start"));
        write(SEEDS, start);
        write(corpus(), start);
        run(seconds, directory, List.of("-max_total_time=" + seconds, found.toString(), start.toString()));
        run(seconds, directory, List.of("-merge=1", kept.toString(), found.toString(), start.toString()));
        TreeSet<String> lines = new TreeSet<>();
        for (byte[] input : read(kept)) {
            if (input.length <= LONGEST_KEPT) {
                lines.add(HexFormat.of().formatHex(input));
            }
        }
        Files.createDirectories(CORPUS.toAbsolutePath().getParent());
        Files.write(CORPUS, lines);
    }

    private static void run(String seconds, Path directory, List<String> arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx2g",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                "com.code_intelligence.jazzer.Jazzer",
                "--target_class=" + SupportingFuzz.class.getName(),
                "--instrumentation_includes=io.portledger.**",
                "--reproducer_path=" + directory,
                "-artifact_prefix=" + directory + "/",
                "-max_len=1000",
                "-rss_limit_mb=6000",
                "-print_final_stats=1"));
        command.addAll(arguments);
        Path output = directory.resolve("output");
        Process fuzzer = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            assertThat(fuzzer.waitFor(Long.parseLong(seconds) + 900, TimeUnit.SECONDS))
                    .isTrue();
        } finally {
            fuzzer.destroyForcibly();
        }
        String said = Files.readString(output);
        said.lines().filter(line -> line.contains("stat::")).forEach(System.out::println);
        assertThat(fuzzer.exitValue()).as(said).isZero();
    }

    private static List<byte[]> corpus() throws IOException {
        return Files.exists(CORPUS)
                ? Files.readAllLines(CORPUS, UTF_8).stream()
                        .map(HexFormat.of()::parseHex)
                        .toList()
                : List.of();
    }

    private static void write(Collection<byte[]> inputs, Path directory) throws IOException {
        int number = 0;
        for (byte[] input : inputs) {
            Files.write(directory.resolve(number + "-" + inputs.size()), input);
            number++;
        }
    }

    private static List<byte[]> read(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            List<byte[]> inputs = new ArrayList<>();
            for (Path file : files.toList()) {
                inputs.add(Files.readAllBytes(file));
            }
            return inputs;
        }
    }
}
