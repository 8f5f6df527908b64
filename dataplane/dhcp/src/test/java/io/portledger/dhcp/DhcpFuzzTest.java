package io.portledger.dhcp;

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
 * Fuzzing of the codec. What a fuzzer found worth keeping is replayed each time; with {@code -Dfuzz.seconds=600} a fuzzer
 * looks for more and adds it to the file:
 *
 * <pre>./portledger test -pl dataplane/dhcp -am -Dtest=DhcpFuzzTest -Dsurefire.failIfNoSpecifiedTests=false
 *     -Dfuzz.seconds=600</pre>
 */
class DhcpFuzzTest {

    private static final Path CORPUS = Path.of("src/test/resources/fuzz/dhcp.hex");
    private static final int LONGEST_KEPT = 1500;

    @Test
    void whatAFuzzerFoundIsStillReadOrRefused() throws Exception {
        List<byte[]> inputs = new ArrayList<>(seeds());
        inputs.addAll(corpus());
        assertThat(inputs).hasSizeGreaterThan(20);
        for (byte[] input : inputs) {
            DhcpFuzz.fuzzerTestOneInput(input);
        }
    }

    @Test
    @EnabledIfSystemProperty(named = "fuzz.seconds", matches = "\\d+")
    void aFuzzerFindsNothingWrong(@TempDir Path directory) throws Exception {
        String seconds = System.getProperty("fuzz.seconds");
        Path found = Files.createDirectory(directory.resolve("found"));
        Path kept = Files.createDirectory(directory.resolve("kept"));
        Path start = Files.createDirectory(directory.resolve("start"));
        write(seeds(), start);
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
                // Jazzer looks at each use of Unsafe, and fails at some of Netty's.
                "-Dio.netty.noUnsafe=true",
                "--sun-misc-unsafe-memory-access=allow",
                // Jazzer's own look at Unsafe does not know that of this Java.
                "-Dio.netty.noUnsafe=true",
                "-cp",
                System.getProperty("java.class.path"),
                "com.code_intelligence.jazzer.Jazzer",
                "--target_class=" + DhcpFuzz.class.getName(),
                "--disabled_hooks=com.code_intelligence.jazzer.sanitizers.UnsafeSanitizer",
                "--instrumentation_includes=io.portledger.**",
                "--reproducer_path=" + directory,
                "-artifact_prefix=" + directory + "/",
                "-max_len=1500",
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

    /** The vectors, and the DHCPv4 messages in them by themselves. */
    private static List<byte[]> seeds() throws DhcpException {
        List<byte[]> seeds = new ArrayList<>();
        for (String hex : List.of(Vectors.QUERY, Vectors.RESPONSE, Vectors.REPLY)) {
            seeds.add(HexFormat.of().parseHex("00" + hex));
            Dhcpv6Message.decode(Vectors.octets(hex))
                    .option(Dhcpv6Option.Dhcpv4.class)
                    .ifPresent(carried -> seeds.add(HexFormat.of().parseHex("01" + carried.octets())));
        }
        return seeds;
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
