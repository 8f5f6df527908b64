package io.portledger.standalone;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Commands that the launcher script carries out itself; they are here for {@code --help} and for completion. */
final class LauncherCommands {

    private LauncherCommands() {}

    /** Tells that the script is needed. */
    abstract static class Scripted implements Callable<Integer> {

        @Spec
        private CommandSpec command;

        @Override
        public Integer call() {
            command.commandLine()
                    .getErr()
                    .println("portledger: run this by the script ./portledger at the top of the repository.");
            return Portledger.FAILED;
        }
    }

    /** The complete test suite. */
    @Command(
            name = "test",
            mixinStandardHelpOptions = true,
            description = "Run the complete test suite; as root on Debian, install first what it runs against.")
    static final class Test extends Scripted {}

    /** Building alone. */
    @Command(
            name = "build",
            mixinStandardHelpOptions = true,
            description = "Build everything, without running the tests. Other commands do so by themselves when the"
                    + " sources have changed.")
    static final class Build extends Scripted {}
}
