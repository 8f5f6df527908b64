package io.portledger.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ImportCommandTest {

    private static final String LINE = "<134>1 2023-11-14T22:13:20.123Z nat NAT - PTADD [nprng SATYP=\"IPv4\""
            + " ISADDR=\"100.64.0.1\" XATYP=\"IPv4\" XSADDR=\"192.0.2.7\" PORTMN=\"1024\" PORTMX=\"2047\"]\n";

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    private Path directory;

    private Path log = Path.of("");

    @BeforeEach
    void writeALog() throws Exception {
        log = Files.writeString(directory.resolve("nat.log"), LINE + "<13>1 - host app - - - hello\n");
    }

    @Test
    void aDryRunPrintsTheSummaryAsItsLastLine() {
        assertThat(run("--dry-run", "--data", directory, log)).isZero();
        JsonNode summary = lastLine();
        assertThat(summary.path("loaded").booleanValue()).isFalse();
        assertThat(summary.path("files").path(0).path("file").asString()).isEqualTo("nat.log");
        assertThat(summary.path("files").path(0).path("format").asString()).isEqualTo("syslog");
        assertThat(summary.path("messages").intValue()).isEqualTo(2);
        assertThat(summary.path("templates").intValue()).isZero();
        assertThat(summary.path("records").intValue()).isEqualTo(2);
        assertThat(summary.path("events").path("bindings").intValue()).isEqualTo(1);
        assertThat(summary.path("skipped").values().stream()
                        .mapToInt(JsonNode::intValue)
                        .sum())
                .isEqualTo(1);
        JsonNode total = summary.path("total");
        assertThat(total.path("messages").path("syslog").intValue()).isEqualTo(2);
        assertThat(total.path("events").path("bindings").intValue()).isEqualTo(1);
        assertThat(total.path("firstEvent").asString()).isEqualTo("2023-11-14T22:13:20.123Z");
        assertThat(total.path("skipped").path("notAboutBindings").size()).isEqualTo(1);
        assertThat(err.toString()).contains("Reading " + log);
    }

    @Test
    void withoutARunningPortledgerNothingIsLoadedAndTheSummaryIsPrintedAllTheSame() {
        assertThat(run("--data", directory, log)).isEqualTo(3);
        assertThat(lastLine().path("loaded").booleanValue()).isFalse();
        assertThat(err.toString())
                .contains("not loaded")
                .contains("./portledger up")
                .contains("--dry-run");
    }

    @Test
    void aFileThatIsNotThereIsSaidAndTheOthersAreRead() {
        Path missing = directory.resolve("missing.pcap");
        assertThat(run("--dry-run", "--data", directory, missing, log)).isEqualTo(1);
        assertThat(err.toString()).contains("there is no file " + missing);
        assertThat(lastLine().path("total").path("events").path("bindings").intValue())
                .isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({
        "--ports, ipfix=70000, allowed: ipfix=PORT and syslog=PORT",
        "--ports, smtp=25, allowed: ipfix=PORT and syslog=PORT",
        "--zone, Europe/Atlantis, no time zone",
        "--written-by, yesterday, no time with an offset"
    })
    void wrongOptionsAreToldWithTheRightOnes(String option, String value, String told) {
        assertThat(run("--dry-run", "--data", directory, option, value, log)).isEqualTo(2);
        assertThat(err.toString()).contains("Invalid value " + value).contains(told);
    }

    private JsonNode lastLine() {
        return new JsonMapper()
                .readTree(out.toString().lines().reduce((_, last) -> last).orElseThrow());
    }

    private int run(Object... arguments) {
        CommandLine line = Portledger.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        String[] all = new String[arguments.length + 1];
        all[0] = "import";
        Arrays.setAll(all, i -> i == 0 ? "import" : arguments[i - 1].toString());
        return line.execute(all);
    }
}
