package io.portledger.standalone;

import io.portledger.collector.CollectorCommand;
import io.portledger.lwaftr.LwaftrCommand;
import io.portledger.lwb4.Lwb4Command;
import java.io.PrintWriter;
import picocli.AutoComplete.GenerateCompletion;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.TypeConversionException;

/** The command {@code portledger}. */
@Command(
        name = "portledger",
        description = {
            "Who held this public IPv4 address and port, and when: Lightweight 4over6 from data plane to answer.",
            ""
        },
        mixinStandardHelpOptions = true,
        versionProvider = Portledger.Version.class,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            UpCommand.class,
            DemoCommand.class,
            ChaosCommand.class,
            SoakCommand.class,
            WhoCommand.class,
            AuditCommand.class,
            ImportCommand.class,
            CollectorCommand.class,
            LwaftrCommand.class,
            Lwb4Command.class,
            BindingsCommand.class,
            JobsCommand.class,
            BenchCommand.class,
            LauncherCommands.Test.class,
            LauncherCommands.Build.class,
            GenerateCompletion.class,
            HelpCommand.class
        })
public final class Portledger {

    /** Exit code when a command understood what to do and could not do it. */
    static final int FAILED = 1;

    private Portledger() {}

    /** Runs a command and exits with its exit code. */
    public static void main(String[] arguments) {
        System.exit(commandLine().execute(arguments));
    }

    /** The command with all its sub-commands. */
    static CommandLine commandLine() {
        CommandLine line = new CommandLine(new Portledger());
        line.setExecutionExceptionHandler(failures());
        line.registerConverter(Service.class, name -> {
            try {
                return Service.ofOptionName(name);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        });
        line.setCaseInsensitiveEnumValuesAllowed(true);
        return line;
    }

    /** Failures that are explained are told in a sentence; others are bugs, and show where they are. */
    private static IExecutionExceptionHandler failures() {
        return (failure, commandLine, parsed) -> {
            PrintWriter err = commandLine.getErr();
            if (failure instanceof StartException) {
                err.println("portledger: " + failure.getMessage());
            } else {
                failure.printStackTrace(err);
            }
            err.flush();
            return FAILED;
        };
    }

    /** The version that the build wrote into the jar. */
    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Portledger.class.getPackage().getImplementationVersion();
            return new String[] {"portledger " + (version == null ? "(not packaged)" : version)};
        }
    }
}
