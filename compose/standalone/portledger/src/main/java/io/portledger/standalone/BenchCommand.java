package io.portledger.standalone;

import io.portledger.lwaftr.bench.LwaftrBench;
import io.portledger.lwaftr.bench.ProvisioningBench;
import picocli.CommandLine.Command;

/** How fast the parts are. */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        description = "Measure how fast a part of Portledger is on this machine.",
        subcommands = {LwaftrBench.class, ProvisioningBench.class, CollectorBenchCommand.class, LedgerBenchCommand.class
        })
final class BenchCommand {}
