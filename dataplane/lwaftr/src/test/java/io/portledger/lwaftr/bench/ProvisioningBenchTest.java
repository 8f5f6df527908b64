package io.portledger.lwaftr.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** That the bench measures what it says; not what it measures. */
class ProvisioningBenchTest {

    @Test
    void leasesAreGivenOverSocketsAndKnownAfterwards() {
        StringWriter out = new StringWriter();
        StringWriter errors = new StringWriter();
        int exit = new CommandLine(new ProvisioningBench())
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(errors))
                .execute("--leases", "2000", "--window", "64");
        assertThat(errors.toString()).isEmpty();
        assertThat(exit).isZero();
        assertThat(out.toString().lines().filter(line -> line.startsWith("| PCP, ")))
                .hasSize(3);
        assertThat(out.toString()).contains("| DHCPv4 over DHCPv6, ").contains("Start with 2,000 leases: ");
    }
}
