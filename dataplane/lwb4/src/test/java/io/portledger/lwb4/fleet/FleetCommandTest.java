package io.portledger.lwb4.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.lwaftr.Lwaftr;
import io.portledger.lwb4.Lwb4Command;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class FleetCommandTest {

    @TempDir
    private Path directory;

    @Test
    void aFleetRunsForItsTimeAndWritesWhatItKnows() throws IOException {
        History history = new History();
        Path truth = directory.resolve("truth.csv");
        StringWriter out = new StringWriter();
        try (Lwaftr lwaftr = Servers.start(InstantSource.system(), "[{prefixes: [192.0.2.0/28]}]", history)) {
            int code = new CommandLine(new Lwb4Command())
                    .setOut(new PrintWriter(out, true))
                    .execute(
                            "fleet",
                            "--server=[::1]:" + lwaftr.pcpAddress().getPort(),
                            "--clients=200",
                            "--churn=100",
                            "--mean-hold=1",
                            "--vanish-share=0.2",
                            "--duration=3",
                            "--truth=" + truth);
            assertThat(code).isZero();
        }
        List<String> lines = Files.readAllLines(truth);
        assertThat(lines.getFirst())
                .isEqualTo("b4,ipv4,ports,start-not-before,start-not-after,end-not-before,end-not-after");
        assertThat(lines).hasSizeGreaterThan(20);
        assertThat(lines.size() - 1).isEqualTo(history.intervals().size());
        assertThat(history.faults()).isEmpty();
        assertThat(out.toString()).contains("lwB4s have a binding");
    }
}
