package io.portledger.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command as a process of its own, in the poorest of environments: no locale, no terminal. */
class CommandProcessTest {

    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final Pattern SIGN_IN = Pattern.compile("Sign in +operator / (\\S+) ");
    private static final Pattern QUESTION = Pattern.compile("  \\./portledger (who --data .*)");

    @TempDir
    Path directory;

    private final List<Process> started = new ArrayList<>();

    @AfterEach
    void end() throws InterruptedException {
        for (Process process : started) {
            process.destroy();
            if (!process.waitFor(2, TimeUnit.MINUTES)) {
                process.destroyForcibly().waitFor();
            }
        }
    }

    @Test
    void demoChecksItsAnswersAndKeepsThePasswordOutOfTheLog() throws Exception {
        Path data = directory.resolve("demo");
        Process demo = start(
                "demo.out",
                "demo",
                "--check",
                "--lookups",
                "300",
                "--duration",
                "8",
                "--clients",
                "200",
                "--data",
                data.toString(),
                "--port",
                freePorts());
        assertThat(demo.waitFor(PATIENCE.toMinutes(), TimeUnit.MINUTES)).isTrue();

        String output = output("demo.out");
        assertThat(demo.exitValue()).as(output).isZero();
        assertThat(output.lines().toList().getLast()).isEqualTo("300 right, 0 wrong");
        assertThat(found(SIGN_IN, output)).hasSize(20);
        assertThat(data.resolve("logs/web.log")).content().doesNotContain(found(SIGN_IN, output));
    }

    @Test
    void killingTheCommandItselfLosesNothing() throws Exception {
        Path data = directory.resolve("demo");
        String ports = freePorts();
        Process demo = start("demo.out", "demo", "--clients", "50", "--data", data.toString(), "--port", ports);
        await().atMost(PATIENCE).untilAsserted(() -> {
            assertThat(demo.isAlive()).as(output("demo.out")).isTrue();
            assertThat(output("demo.out")).contains("Ctrl-C stops it.");
        });
        String[] question = found(QUESTION, output("demo.out")).split(" ");
        String answer = ask(question);
        assertThat(answer).startsWith("HELD");

        demo.destroyForcibly().waitFor();
        assertThat(ask(question)).contains("No portledger runs with its data in " + data);
        Process up = start("up.out", "up", "--data", data.toString(), "--port", ports);
        await().atMost(PATIENCE).untilAsserted(() -> {
            assertThat(up.isAlive()).as(output("up.out")).isTrue();
            assertThat(output("up.out")).contains("Resident memory");
        });

        String again = ask(question);
        assertThat(firstLine(again)).isEqualTo(firstLine(answer));
    }

    private static String firstLine(String text) {
        return text.lines().findFirst().orElse("");
    }

    private String ask(String... arguments) throws Exception {
        Process who = start("who.out", arguments);
        assertThat(who.waitFor(PATIENCE.toMinutes(), TimeUnit.MINUTES)).isTrue();
        return output("who.out");
    }

    private Process start(String output, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                Portledger.class.getName()));
        command.addAll(Arrays.asList(arguments));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve(output).toFile());
        Map<String, String> environment = builder.environment();
        environment.keySet().removeIf(name -> name.equals("LANG") || name.startsWith("LC_"));
        environment.put("LC_ALL", "C");
        Process process = builder.start();
        started.add(process);
        return process;
    }

    private String output(String file) throws IOException {
        return Files.readString(directory.resolve(file));
    }

    private static String found(Pattern pattern, String text) {
        Matcher matcher = pattern.matcher(text);
        assertThat(matcher.find()).as(text).isTrue();
        return matcher.group(1);
    }

    private static String freePorts() throws IOException {
        PortPlan free = PortPlan.free();
        return Arrays.stream(Service.values())
                .map(service -> service.optionName() + "=" + free.of(service))
                .collect(Collectors.joining(","));
    }
}
