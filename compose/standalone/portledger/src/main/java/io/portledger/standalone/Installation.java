package io.portledger.standalone;

import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where the built programs are: a checkout in which every module has been packaged.
 *
 * @param home its top folder
 */
record Installation(Path home) {

    /** Libraries of the embedded Flink that an ordinary one does not have. */
    private static final Pattern OF_THE_JOBS = Pattern.compile("(jobs|ledger|records|softwire|standalone-flink"
            + "|flink-connector-(base|kafka)|kafka-clients|elasticsearch|http(client|core)5|jackson|protobuf|jakarta\\.json"
            + "|parsson|opentelemetry)-");

    /**
     * The installation that this class was loaded from.
     *
     * @throws StartException if it is not part of one
     */
    static Installation find() throws StartException {
        String told = System.getProperty("portledger.home", "");
        if (!told.isEmpty()) {
            return new Installation(Path.of(told));
        }
        try {
            @Nullable
            Path folder = Path.of(Installation.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
            while (folder != null) {
                if (Files.isDirectory(folder.resolve("compose/standalone"))) {
                    return new Installation(folder);
                }
                folder = folder.getParent();
            }
        } catch (URISyntaxException e) {
            throw new StartException("Cannot tell where this program is: " + e.getMessage(), e);
        }
        throw new StartException("Cannot find the installation; say -Dportledger.home=FOLDER.");
    }

    /** The command line of a program in a module under {@code compose/standalone}, which has a class path of its own. */
    List<String> node(String module, List<String> jvmOptions, String main, List<String> arguments)
            throws StartException {
        Path libraries = home.resolve("compose/standalone").resolve(module).resolve("target/lib");
        if (!Files.isDirectory(libraries)) {
            throw new StartException(libraries + " is missing. Run ./portledger build.");
        }
        return java(jvmOptions, libraries.resolve("*").toString(), main, arguments);
    }

    /** What is submitted to a Flink cluster: the jobs with all that they need and a cluster does not have. */
    Path jobsJar() throws StartException {
        Path jar = home.resolve("stream-jobs/jobs/target/portledger-jobs.jar");
        if (!Files.exists(jar)) {
            throw new StartException(jar + " is missing. Run ./portledger build.");
        }
        return jar;
    }

    /** The command line of a process of a Flink cluster, which knows nothing of the jobs before they are submitted. */
    List<String> flink(List<String> jvmOptions, String main, List<String> arguments) throws StartException {
        Path libraries = home.resolve("compose/standalone/flink/target/lib");
        if (!Files.isDirectory(libraries)) {
            throw new StartException(libraries + " is missing. Run ./portledger build.");
        }
        try (Stream<Path> jars = Files.list(libraries)) {
            List<String> classPath = jars.filter(jar ->
                            !OF_THE_JOBS.matcher(jar.getFileName().toString()).lookingAt())
                    .map(Path::toString)
                    .sorted()
                    .toList();
            return java(jvmOptions, String.join(File.pathSeparator, classPath), main, arguments);
        } catch (IOException e) {
            throw new StartException("Cannot read " + libraries + ": " + e, e);
        }
    }

    /** The command line of the web application, whose jar the build unpacks: so it starts faster. */
    List<String> web(List<String> jvmOptions, List<String> arguments) throws StartException {
        return web(jvmOptions, "io.portledger.webapp.WebApplication", arguments);
    }

    /** The command line of another program of the web application's. */
    List<String> web(List<String> jvmOptions, String main, List<String> arguments) throws StartException {
        Path unpacked = home.resolve("compose/standalone/portledger/target/webapp");
        if (!Files.isDirectory(unpacked)) {
            throw new StartException(unpacked + " is missing. Run ./portledger build.");
        }
        List<String> classPath = List.of(
                unpacked.resolve("BOOT-INF/classes").toString(),
                // What stands under META-INF in the application's own jar is here.
                unpacked.toString(),
                unpacked.resolve("BOOT-INF/lib/*").toString(),
                home.resolve("compose/standalone/child/target/lib/*").toString());
        return java(jvmOptions, String.join(File.pathSeparator, classPath), main, arguments);
    }

    /** The command line of a program on this process's own class path. */
    List<String> own(List<String> jvmOptions, String main, List<String> arguments) {
        return java(jvmOptions, System.getProperty("java.class.path"), main, arguments);
    }

    /** The command line of a Java program that ends with this process. */
    List<String> java(List<String> jvmOptions, String classPath, String main, List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(
                "-XX:+UseSerialGC",
                "-XX:+ExitOnOutOfMemoryError",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Dfile.encoding=UTF-8",
                // The output is a pipe that we read, whatever locale this process was started in.
                "-Dstdout.encoding=UTF-8",
                "-Dstderr.encoding=UTF-8",
                "-Duser.timezone=UTC"));
        command.addAll(jvmOptions);
        command.addAll(List.of("-cp", classPath, io.portledger.standalone.child.Child.class.getName(), main));
        command.addAll(arguments);
        return command;
    }
}
