package io.portledger.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/** The command line as a user meets it: what is printed and which exit code follows. */
class PortledgerTest {

    private static final String CSV = """
            b4-ipv6,ipv4,psid-offset,psid-len,psid,br-address,subscriber
            2001:db8:0:100::1,192.0.2.1,0,6,34,2001:db8:ffff::1,Elm Street 1
            2001:db8:0:101::1,192.0.2.1,0,6,35,2001:db8:ffff::1,
            """;

    @TempDir
    Path directory;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(Object... arguments) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        return Portledger.commandLine()
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(Stream.of(arguments).map(Object::toString).toArray(String[]::new));
    }

    static List<String> commands() {
        return pathsBelow(Portledger.commandLine(), "");
    }

    private static List<String> pathsBelow(CommandLine command, String prefix) {
        List<String> paths = new ArrayList<>();
        command.getSubcommands().forEach((name, sub) -> {
            if (!name.equals("help")) {
                paths.add((prefix + " " + name).strip());
                paths.addAll(pathsBelow(sub, prefix + " " + name));
            }
        });
        return paths;
    }

    @ParameterizedTest
    @MethodSource("commands")
    void eachCommandExplainsItself(String command) {
        List<Object> arguments = new ArrayList<>(List.of(command.split(" ", -1)));
        arguments.add("--help");
        assertThat(run(arguments.toArray())).isZero();
        assertThat(out.toString()).contains("Usage: portledger " + command);
        assertThat(out.toString().lines().count()).isGreaterThan(2);
    }

    @Test
    void commandsOfTheDesignAreThere() {
        assertThat(commands())
                .contains(
                        "up",
                        "demo",
                        "test",
                        "build",
                        "who",
                        "audit",
                        "import",
                        "collector",
                        "lwaftr run",
                        "lwb4 run",
                        "lwb4 fleet",
                        "bindings import",
                        "bindings export",
                        "bindings diff",
                        "jobs run",
                        "jobs status",
                        "bench lwaftr",
                        "generate-completion");
    }

    @Test
    void completionKnowsTheCommands() {
        assertThat(run("generate-completion")).isZero();
        assertThat(out.toString()).contains("complete").contains("demo").contains("--lookups");
    }

    @Test
    void wrongServiceIsToldWithTheRightOnes() {
        assertThat(run("up", "--port", "kafak=1")).isEqualTo(2);
        assertThat(err.toString()).contains("Invalid value kafak for a service").contains("kafka-controller");
    }

    @Test
    void wrongPortAndMemoryAreToldAsWrongOptions() {
        assertThat(run("up", "--data", directory, "--port", "web=70000")).isEqualTo(2);
        assertThat(err.toString()).contains("allowed: 1-65535");
        assertThat(run("demo", "--data", directory, "--memory", "kafka=lots")).isEqualTo(2);
        assertThat(err.toString()).contains("Invalid value lots for key memory kafka");
        assertThat(run("demo", "--data", directory, "--clients", "1")).isEqualTo(2);
        assertThat(err.toString()).contains("allowed: 2-20000");
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void demoDoesNotEmptyADirectoryThatIsNotItsOwn() throws Exception {
        Path precious = Files.writeString(directory.resolve("precious"), "data");
        assertThat(run(
                        "demo",
                        "--data",
                        directory,
                        "--port",
                        "pcp=" + PortPlan.free().of(Service.PCP)))
                .isEqualTo(1);
        assertThat(err.toString()).contains("not a demo's directory").contains("--data");
        assertThat(precious).exists();
    }

    @Test
    void questionWithoutAPortIsRefused() {
        assertThat(run("who", "203.0.113.7", "2026-11-23T14:02:07Z")).isEqualTo(2);
        assertThat(err.toString()).contains("only the port tells the households of a shared address apart");
    }

    @Test
    void questionWithoutARunningPortledgerSaysWhatToDo() {
        assertThat(run("who", "203.0.113.7:1", "2026-11-23T14:02:07Z", "--data", directory))
                .isEqualTo(1);
        assertThat(err.toString())
                .contains("No portledger runs with its data in " + directory)
                .contains("./portledger up");
    }

    @Test
    void statusOfJobsWithoutARunningPortledgerSaysWhatToDo() {
        assertThat(run("jobs", "status", "--data", directory)).isEqualTo(1);
        assertThat(err.toString()).contains("no portledger runs").contains("--url");
    }

    @Test
    void tableIsImportedExportedAndCompared() throws Exception {
        Path csv = Files.writeString(directory.resolve("a.csv"), CSV);
        Path json = directory.resolve("b.json");
        Path table = directory.resolve("table.csv");
        assertThat(run("bindings", "export", csv, json, "--name", "br1")).isZero();
        assertThat(json).content().contains("\"br1\"").contains("binding-entry");
        assertThat(run("bindings", "import", json, table)).isZero();
        assertThat(out.toString()).contains("2 bindings in " + table);

        assertThat(run("bindings", "diff", table, table)).isZero();
        assertThat(out.toString()).contains("0 added, 0 removed, 0 changed, 2 unchanged");
        assertThat(run("bindings", "diff", csv, table)).isZero();
        Path other = Files.writeString(directory.resolve("c.csv"), CSV.replace("Elm Street 1", "Oak Street 2"));
        assertThat(run("bindings", "diff", csv, other)).isEqualTo(1);
        assertThat(out.toString())
                .contains("< 192.0.2.1 0/6/34 2001:db8:0:100::1 via 2001:db8:ffff::1 Elm Street 1")
                .contains("> 192.0.2.1 0/6/34 2001:db8:0:100::1 via 2001:db8:ffff::1 Oak Street 2\n")
                .contains("1 changed, 1 unchanged");
    }

    @Test
    void wrongTableIsToldWithItsLineAndReplacesNothing() throws Exception {
        Path table = Files.writeString(directory.resolve("table.csv"), CSV);
        Path wrong =
                Files.writeString(directory.resolve("wrong.csv"), CSV + "2001:db8::1,192.0.2.1,0,17,0,2001:db8::2,\n");
        assertThat(run("bindings", "import", wrong, table)).isEqualTo(2);
        assertThat(err.toString())
                .contains("wrong.csv, line 4")
                .contains("allowed: 0-16")
                .doesNotContain("\tat ");
        assertThat(table).hasContent(CSV);
    }

    @Test
    void missingTableIsToldInASentence() {
        assertThat(run("bindings", "diff", directory.resolve("no.csv"), directory.resolve("no.csv")))
                .isEqualTo(2);
        assertThat(err.toString()).contains("there is no such file").doesNotContain("\tat ");
    }
}
