package io.portledger.standalone;

import io.portledger.standalone.Supervisor.Child;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Everything on this machine: real Kafka, Elasticsearch and Flink, the collector, the jobs and the web application, as
 * supervised child processes with their data under one directory.
 *
 * <p>When {@link #start} returns, all of them do their work. The kill of any or all of them, this process included, and a
 * new start on the same directory lose nothing that was acknowledged.
 */
public final class Standalone implements AutoCloseable {

    /** How long a program may take to be ready on a slow machine. */
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    private static final Pattern PASSWORD = Pattern.compile("║\\s+password\\s+(\\S+)\\s+║");

    private final DataDirectory data;
    private final StandaloneSettings settings;
    private final Installation installation;
    private final Supervisor supervisor;
    private final Probes probes = new Probes();
    private final Consumer<String> progress;
    private volatile @Nullable String firstPassword;
    private final long begun = System.nanoTime();
    private boolean closed;

    private Standalone(
            DataDirectory data, StandaloneSettings settings, Installation installation, Consumer<String> progress) {
        this.data = data;
        this.settings = settings;
        this.installation = installation;
        this.progress = progress;
        this.supervisor = new Supervisor(data, progress);
    }

    /**
     * Starts all programs and waits until they are ready.
     *
     * @param dataDirectory created if need be; one running installation per directory
     * @param settings ports, addresses, memory
     * @param progress takes one line for each step and, later, for each program that ends and is started again
     * @throws StartException if something does not start; all that was started is stopped again
     * @throws InterruptedException if the thread is interrupted; all that was started is stopped again
     */
    public static Standalone start(Path dataDirectory, StandaloneSettings settings, Consumer<String> progress)
            throws StartException, InterruptedException {
        DataDirectory data = DataDirectory.open(dataDirectory.toAbsolutePath());
        @Nullable Standalone standalone = null;
        boolean started = false;
        try {
            standalone = new Standalone(data, settings, Installation.find(), progress);
            standalone.startAll();
            started = true;
            return standalone;
        } catch (IOException e) {
            throw new StartException("Cannot write into " + dataDirectory + ": " + e, e);
        } finally {
            if (!started) {
                close(standalone, data);
                if (standalone != null) {
                    // It will not be told again.
                    standalone
                            .firstPassword()
                            .ifPresent(
                                    password -> progress.accept("The web application's user: operator / " + password));
                }
            }
        }
    }

    private static void close(@Nullable Standalone standalone, DataDirectory data) {
        try {
            if (standalone != null) {
                standalone.close();
            } else {
                data.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void startAll() throws StartException, IOException, InterruptedException {
        data.awaitFormerChildren(progress);
        // Those of a run that was killed.
        data.forgetAddresses();
        settings.ports().requireFree(EnumSet.complementOf(EnumSet.of(Service.PCP)), settings.listen());

        // The two stores at the same time; whoever needs one of them when it is there.
        Child kafka = supervisor.start(kafkaProgram());
        Child elasticsearch = supervisor.start(elasticsearchProgram());
        awaitReady(kafka);
        // Makes the topics, which the jobs read.
        Child collector = supervisor.start(collectorProgram());
        awaitReady(elasticsearch);
        Child web = supervisor.start(webProgram());
        awaitReady(collector);
        Child flink = supervisor.start(flinkProgram());
        awaitReady(flink);
        awaitReady(web);
        data.publishAddresses(addresses());
    }

    private void awaitReady(Child child) throws StartException, InterruptedException {
        child.awaitReady(PATIENCE);
        progress.accept("%-14s ready after %.1f s".formatted(child.name(), secondsSince(begun)));
    }

    private static double secondsSince(long nanoTime) {
        return (System.nanoTime() - nanoTime) / 1e9;
    }

    private Program kafkaProgram() throws StartException {
        return new Program(
                "kafka",
                installation.node(
                        "kafka",
                        List.of(settings.heapOption("kafka")),
                        "io.portledger.standalone.kafka.KafkaNode",
                        List.of(data.resolve("kafka").toString(), port(Service.KAFKA), port(Service.KAFKA_CONTROLLER))),
                Probes.tcp(settings.ports().of(Service.KAFKA)));
    }

    private Program elasticsearchProgram() throws StartException {
        return new Program(
                "elasticsearch",
                installation.node(
                        "elasticsearch",
                        List.of(settings.heapOption("elasticsearch"), "--add-modules=jdk.incubator.vector"),
                        "io.portledger.standalone.elasticsearch.ElasticsearchNode",
                        List.of(data.resolve("elasticsearch").toString(), port(Service.ELASTICSEARCH))),
                probes.elasticsearch(elasticsearch()));
    }

    private Program collectorProgram() throws IOException {
        data.write("collector.yaml", """
                # Written anew at each start.
                collector:
                  # Whatever this machine is called: marks belong to the name.
                  name: standalone
                  state-directory: "%5$s"
                  metrics:
                    listen: "127.0.0.1:0"
                  ipfix:
                    udp: "%1$s:%2$d"
                    tcp: "%1$s:%2$d"
                  syslog:
                    udp: "%1$s:%3$d"
                    tcp: "%1$s:%3$d"
                  kafka:
                    bootstrap-servers: "%4$s"
                    buffer-octets: 67108864
                """.formatted(
                        bracketed(settings.listen()),
                        settings.ports().of(Service.IPFIX),
                        settings.ports().of(Service.SYSLOG),
                        kafka(),
                        data.resolve("collector")));
        Path ready = data.resolve("collector.ready");
        return new Program(
                "collector",
                installation.own(
                        List.of(settings.heapOption("collector"), "-Dportledger.log.level=info"),
                        Portledger.class.getName(),
                        List.of(
                                "collector",
                                "--config",
                                data.resolve("collector.yaml").toString(),
                                "--ready-file",
                                ready.toString())),
                Program.Probe.file(ready));
    }

    private Program webProgram() throws StartException {
        return new Program(
                "web",
                installation.web(
                        List.of(settings.heapOption("web")),
                        List.of(
                                "--portledger.elasticsearch=" + elasticsearch(),
                                "--portledger.data-directory=" + data.root(),
                                "--server.address=" + settings.listen().getHostAddress(),
                                "--server.port=" + port(Service.WEB))),
                probes.web(web().resolve("/login")),
                this::isSignIn);
    }

    /** The box in which the application tells the first user's password, once. It is for the operator, not for the log. */
    private boolean isSignIn(String line) {
        Matcher matcher = PASSWORD.matcher(line);
        if (matcher.matches()) {
            firstPassword = matcher.group(1);
        }
        return line.startsWith("╔") || line.startsWith("║") || line.startsWith("╚");
    }

    private Program flinkProgram() throws StartException {
        return new Program(
                "flink",
                installation.node(
                        "flink",
                        List.of(settings.heapOption("flink"), "-XX:MaxDirectMemorySize=256m"),
                        "io.portledger.standalone.flink.JobsNode",
                        List.of(
                                data.resolve("flink").toString(),
                                port(Service.FLINK),
                                "--kafka",
                                kafka(),
                                "--elasticsearch",
                                elasticsearch().toString(),
                                "--usage-interval",
                                "PT10S")),
                probes.flink(flink()));
    }

    private String port(Service service) {
        return Integer.toString(settings.ports().of(service));
    }

    private URI local(Service service) {
        return URI.create("http://127.0.0.1:" + settings.ports().of(service));
    }

    /** The directory that holds everything. */
    public Path dataDirectory() {
        return data.root();
    }

    /** Kafka's bootstrap server, {@code host:port}. */
    public String kafka() {
        return "127.0.0.1:" + settings.ports().of(Service.KAFKA);
    }

    /** Elasticsearch's HTTP interface. */
    public URI elasticsearch() {
        return local(Service.ELASTICSEARCH);
    }

    /** Flink's web and REST interface. */
    public URI flink() {
        return local(Service.FLINK);
    }

    /** The web application. */
    public URI web() {
        return URI.create("http://" + host() + ":" + settings.ports().of(Service.WEB));
    }

    /** Where exporters send IPFIX over UDP. */
    public InetSocketAddress ipfix() {
        return new InetSocketAddress(settings.listen(), settings.ports().of(Service.IPFIX));
    }

    /** Where exporters send syslog over UDP or TCP. */
    public InetSocketAddress syslog() {
        return new InetSocketAddress(settings.listen(), settings.ports().of(Service.SYSLOG));
    }

    private String host() {
        InetAddress listen =
                settings.listen().isAnyLocalAddress() ? InetAddress.getLoopbackAddress() : settings.listen();
        return bracketed(listen);
    }

    private static String bracketed(InetAddress address) {
        String text = address.getHostAddress();
        return text.contains(":") ? "[" + text + "]" : text;
    }

    /**
     * The token with which programs ask the web application's REST interface.
     *
     * @throws IOException if the web application has not written it
     */
    public String operatorToken() throws IOException {
        return Files.readString(data.resolve("operator.token")).strip();
    }

    /** The password of the web application's user {@code operator}, if this start made it; it is told this once. */
    public Optional<String> firstPassword() {
        return Optional.ofNullable(firstPassword);
    }

    /**
     * Starts an lwAFTR that tells this installation's collector of its bindings, and waits until it serves.
     *
     * @param yaml its settings
     * @throws StartException if it does not start
     */
    public void startLwaftr(String yaml) throws StartException, InterruptedException {
        try {
            data.write("lwaftr.yaml", yaml);
        } catch (IOException e) {
            throw new StartException("Cannot write into " + data.root() + ": " + e, e);
        }
        Path ready = data.resolve("lwaftr.ready");
        awaitReady(supervisor.start(new Program(
                "lwaftr",
                installation.own(
                        List.of(settings.heapOption("lwaftr"), "-Dportledger.log.level=info"),
                        Portledger.class.getName(),
                        List.of(
                                "lwaftr",
                                "run",
                                "--config",
                                data.resolve("lwaftr.yaml").toString(),
                                "--ready-file",
                                ready.toString())),
                Program.Probe.file(ready))));
    }

    /** The process of a program, such as {@code kafka}, while it runs: for tests that kill it. */
    public Optional<ProcessHandle> process(String program) {
        return supervisor.process(program);
    }

    /** Whether a program runs and does its work, as far as was seen when its process started. */
    public boolean isUp(String program) {
        return supervisor.isUp(program);
    }

    /** Resident memory of all child processes and of this process, octets; 0 where the system does not tell. */
    public long residentBytes() {
        return supervisor.residentBytes()
                + ResidentMemory.of(ProcessHandle.current().pid());
    }

    private Properties addresses() {
        Properties addresses = new Properties();
        addresses.setProperty("web", web().toString());
        addresses.setProperty("flink", flink().toString());
        addresses.setProperty("kafka", kafka());
        addresses.setProperty("elasticsearch", elasticsearch().toString());
        addresses.setProperty("ipfix", host() + ":" + port(Service.IPFIX));
        addresses.setProperty("syslog", host() + ":" + port(Service.SYSLOG));
        return addresses;
    }

    /** Stops all programs, each in order and the last started first, and unlocks the directory. Does nothing the second time. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            data.forgetAddresses();
        } catch (IOException e) {
            progress.accept("Cannot remove " + data.resolve("addresses.properties") + ": " + e.getMessage());
        }
        supervisor.close();
        probes.close();
        try {
            data.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
