package io.portledger.lwaftr.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** That everything is measured and adds up, with numbers so small that no figure means anything. */
class LwaftrBenchTest {

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void engineAndLoopInCForwardTheSamePackets() {
        assertThat(bench("--bindings", "1,1000", "--packets", "64,imix", "--missing", "7"))
                .as(err.toString())
                .isZero();
        // Of 16384 packets each way, every seventh is of no binding. Were the packets that the two send not the same,
        // the
        // command would fail.
        assertThat(out.toString())
                .contains(
                        "1 random:64: 28088 of 32768",
                        "1 one:imix: 28088 of 32768",
                        "1000 random:imix: 28088 of 32768",
                        "1000 one:64: 28088 of 32768");
        List<List<String>> rows = rows();
        assertThat(rows).hasSize(8).allSatisfy(row -> {
            assertThat(row.get(4)).as("downstream").matches("[0-9.]+");
            assertThat(row.get(6)).as("both").matches("[0-9.]+ \\([0-9.]+-[0-9.]+\\)");
            assertThat(row.get(13)).as("ratio").matches(isThere("gcc") ? "[0-9.]+" : "");
        });
    }

    @Test
    void noPacketIsLostWhileTheTableChanges() {
        assertThat(bench("--updates", "--bindings", "1000")).as(err.toString()).isZero();
        List<List<String>> rows = rows();
        assertThat(rows)
                .hasSize(3)
                .allSatisfy(row -> assertThat(row.get(5)).as("lost").isEqualTo("0"));
        assertThat(rows.get(2).get(3)).as("updates a second").doesNotStartWith("0");
    }

    @Test
    void tableIsLoadedAndTheFirstPacketForwarded() {
        assertThat(bench("--load", "--bindings", "1000")).as(err.toString()).isZero();
        assertThat(rows()).singleElement().satisfies(row -> {
            assertThat(row.get(1)).isEqualTo("1,000");
            assertThat(row.get(6)).as("seconds to the first packet").matches("[0-9.]+ \\([0-9.]+-[0-9.]+\\)");
        });
    }

    @Test
    void sessionsAreAllForwarded() {
        assertThat(bench("--sessions", "--bindings", "1000", "--session-count", "20000"))
                .as(err.toString())
                .isZero();
        List<List<String>> rows = rows();
        assertThat(rows.getLast().get(1)).as("whole rounds of the stream").isEqualTo("32,768");
        assertThat(rows).allSatisfy(row -> assertThat(row.get(3)).as("lost").isEqualTo("0"));
    }

    @Test
    void wrongOptionsAreToldInASentence() {
        assertThat(bench("--packets", "9000")).isEqualTo(2);
        assertThat(err.toString())
                .contains("Invalid value 9000 for the size of a packet")
                .contains("28-1460");
        assertThat(bench("--bindings", "0")).isEqualTo(2);
        assertThat(err.toString()).contains("Invalid value 0 for --bindings").doesNotContain("\tat ");
    }

    private int bench(String... arguments) {
        return new CommandLine(new LwaftrBench())
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(Stream.concat(Arrays.stream(arguments), Stream.of("--forks", "1", "--millis", "20"))
                        .toArray(String[]::new));
    }

    /** The cells of the tables that were printed, header and ruler left out; the first cell has index 1. */
    private List<List<String>> rows() {
        return out.toString()
                .lines()
                .filter(line -> line.matches("\\| [0-9].*"))
                .map(line ->
                        Arrays.stream(line.split("\\|", -1)).map(String::strip).toList())
                .toList();
    }

    private static boolean isThere(String program) {
        return Arrays.stream(System.getenv("PATH").split(":", -1))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }
}
