package io.portledger.collector;

import static org.assertj.core.api.Assertions.fail;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Programs of others that tests run. */
final class Programs {

    private Programs() {}

    /** Fails with a sentence that names the Debian package if the program is missing. */
    static String find(String program, String debianPackage) {
        return Stream.concat(
                        Stream.of(System.getenv().getOrDefault("PATH", "").split(":", -1)),
                        Stream.of("/usr/bin", "/usr/sbin", "/sbin"))
                .map(directory -> Path.of(directory, program))
                .filter(Files::isExecutable)
                .map(Path::toString)
                .findFirst()
                .orElseGet(() -> fail(program + " is missing: install the Debian package " + debianPackage));
    }

    /** Runs a program to its end and answers what it wrote. */
    static String run(List<String> command) throws Exception {
        Path file = Files.createTempFile("portledger-program", ".out");
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(file.toFile())
                    .start();
            process.getOutputStream().close();
            boolean hasEnded = process.waitFor(60, TimeUnit.SECONDS);
            process.destroyForcibly();
            String output = Files.readString(file, StandardCharsets.UTF_8);
            if (!hasEnded || process.exitValue() != 0) {
                fail(command + (hasEnded ? " ended with " + process.exitValue() : " did not end") + ": " + output);
            }
            return output;
        } finally {
            Files.delete(file);
        }
    }
}
