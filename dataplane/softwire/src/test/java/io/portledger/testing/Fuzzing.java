package io.portledger.testing;

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

/**
 * A fuzzer's target, and the file with what a fuzzer found worth keeping, one input a line in hexadecimal digits. Such a
 * fuzzer runs for as many seconds as the system property {@code fuzz.seconds} says.
 */
public final class Fuzzing {

    private final Class<?> target;
    private final Path corpus;
    private final int longest;
    private final List<byte[]> seeds;

    /**
     * @param target has the method {@code fuzzerTestOneInput}
     * @param corpus the file, relative to the module; it need not be there
     * @param longest octets of an input
     * @param seeds what a fuzzer begins with, beside the file
     */
    public Fuzzing(Class<?> target, Path corpus, int longest, List<byte[]> seeds) {
        this.target = target;
        this.corpus = corpus;
        this.longest = longest;
        this.seeds = List.copyOf(seeds);
    }

    /** The seeds and what is in the file. */
    public List<byte[]> inputs() throws IOException {
        List<byte[]> inputs = new ArrayList<>(seeds);
        if (Files.exists(corpus)) {
            Files.readAllLines(corpus, UTF_8).stream()
                    .map(HexFormat.of()::parseHex)
                    .forEach(inputs::add);
        }
        return inputs;
    }

    /** Lets a fuzzer look for inputs that fail, and puts those into the file that lead to something new. */
    public void lookForMore(Path directory) throws Exception {
        String seconds = System.getProperty("fuzz.seconds");
        Path found = Files.createDirectory(directory.resolve("found"));
        Path kept = Files.createDirectory(directory.resolve("kept"));
        Path start = Files.createDirectory(directory.resolve("start"));
        write(inputs(), start);
        run(seconds, directory, List.of("-max_total_time=" + seconds, found.toString(), start.toString()));
        run(seconds, directory, List.of("-merge=1", kept.toString(), found.toString(), start.toString()));
        TreeSet<String> lines = new TreeSet<>();
        for (byte[] input : read(kept)) {
            if (input.length <= longest) {
                lines.add(HexFormat.of().formatHex(input));
            }
        }
        Files.createDirectories(corpus.toAbsolutePath().getParent());
        Files.write(corpus, lines);
    }

    private void run(String seconds, Path directory, List<String> arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx2g",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                // Jazzer's own look at Unsafe does not know that of this Java.
                "-Dio.netty.noUnsafe=true",
                "-cp",
                System.getProperty("java.class.path"),
                "com.code_intelligence.jazzer.Jazzer",
                "--target_class=" + target.getName(),
                "--instrumentation_includes=io.portledger.**",
                "--reproducer_path=" + directory,
                "-artifact_prefix=" + directory + "/",
                "-max_len=" + longest,
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
