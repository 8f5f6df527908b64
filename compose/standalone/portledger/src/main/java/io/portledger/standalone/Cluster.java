package io.portledger.standalone;

import io.portledger.standalone.Supervisor.Child;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * What a larger installation has, on this machine: three Kafka brokers with three copies of everything, a Flink session
 * cluster of a JobManager and two TaskManagers with two slots each, Elasticsearch, and a collector. Every process is on
 * the loopback interface, at ports that the system chooses, and is started again when it ends. No job runs yet.
 */
final class Cluster implements AutoCloseable {

    static final int BROKERS = 3;
    static final int TASK_MANAGERS = 2;
    static final int SLOTS = 4;

    private static final Duration PATIENCE = Duration.ofMinutes(5);

    private final DataDirectory data;
    private final Installation installation;
    private final Supervisor supervisor;
    private final Probes probes = new Probes();
    private final Set<Integer> chosen = new HashSet<>();
    private final List<Integer> brokerPorts;
    private final List<Integer> controllerPorts;
    private final int elasticsearchPort;
    private final int ipfixPort;
    private final int syslogPort;
    private final int jobManagerPort;
    private final int flinkPort;
    private final int singleFlinkPort;

    private Cluster(DataDirectory data, Installation installation, Consumer<String> progress) throws IOException {
        this.data = data;
        this.installation = installation;
        this.supervisor = new Supervisor(data, progress);
        brokerPorts = List.of(freePort(), freePort(), freePort());
        controllerPorts = List.of(freePort(), freePort(), freePort());
        elasticsearchPort = freePort();
        ipfixPort = freePort();
        syslogPort = freePort();
        jobManagerPort = freePort();
        flinkPort = freePort();
        singleFlinkPort = freePort();
    }

    /**
     * Starts all of it and waits until it does its work.
     *
     * @param directory for its data; nobody else's
     * @throws StartException if something does not start; all that was started is stopped again
     */
    static Cluster start(Path directory, Consumer<String> progress) throws StartException, InterruptedException {
        DataDirectory data = DataDirectory.open(directory.toAbsolutePath());
        Cluster cluster;
        try {
            cluster = new Cluster(data, Installation.find(), progress);
        } catch (IOException e) {
            throw new StartException("There are no free ports: " + e, e);
        }
        boolean isStarted = false;
        try {
            cluster.startAll(progress);
            isStarted = true;
            return cluster;
        } catch (IOException e) {
            throw new StartException("Cannot write into " + directory + ": " + e, e);
        } finally {
            if (!isStarted) {
                cluster.close();
            }
        }
    }

    private void startAll(Consumer<String> progress) throws IOException, StartException, InterruptedException {
        List<Child> stores = new ArrayList<>();
        for (int broker = 1; broker <= BROKERS; broker++) {
            stores.add(supervisor.start(kafkaProgram(broker)));
        }
        stores.add(supervisor.start(elasticsearchProgram()));
        for (Child store : stores) {
            store.awaitReady(PATIENCE);
        }
        progress.accept(BROKERS + " Kafka brokers and Elasticsearch are ready");
        Child collector = supervisor.start(collectorProgram());
        Child jobManager = supervisor.start(jobManagerProgram());
        jobManager.awaitReady(PATIENCE);
        for (int i = 1; i <= TASK_MANAGERS; i++) {
            supervisor.start(taskManagerProgram(i));
        }
        collector.awaitReady(PATIENCE);
        try (FlinkRest rest = new FlinkRest(flink())) {
            ChaosRun.await("all TaskManagers are there", () -> rest.slots() == SLOTS);
        }
        progress.accept("The collector and a Flink cluster of " + SLOTS + " slots are ready");
    }

    private Program kafkaProgram(int broker) throws StartException {
        int port = brokerPorts.get(broker - 1);
        String name = "kafka-" + broker;
        String voters = String.join(
                ",",
                IntStream.rangeClosed(1, BROKERS)
                        .mapToObj(id -> id + "@127.0.0.1:" + controllerPorts.get(id - 1))
                        .toList());
        return new Program(
                name,
                installation.node(
                        "kafka",
                        List.of("-Xmx256m"),
                        "io.portledger.standalone.kafka.KafkaNode",
                        List.of(
                                data.resolve(name).toString(),
                                Integer.toString(port),
                                Integer.toString(controllerPorts.get(broker - 1)),
                                Integer.toString(broker),
                                voters)),
                Probes.tcp(port));
    }

    private Program elasticsearchProgram() throws StartException {
        return new Program(
                "elasticsearch",
                installation.node(
                        "elasticsearch",
                        List.of("-Xmx512m", "--add-modules=jdk.incubator.vector"),
                        "io.portledger.standalone.elasticsearch.ElasticsearchNode",
                        List.of(data.resolve("elasticsearch").toString(), Integer.toString(elasticsearchPort))),
                probes.elasticsearch(elasticsearch()));
    }

    private Program collectorProgram() throws IOException {
        data.write("collector.yaml", """
                collector:
                  name: cluster
                  state-directory: "%1$s"
                  ipfix: { udp: "127.0.0.1:%2$d" }
                  syslog: { udp: "127.0.0.1:%3$d", tcp: "127.0.0.1:%3$d" }
                  kafka:
                    bootstrap-servers: "%4$s"
                    buffer-octets: 67108864
                    nat-events: { partitions: 6, replication-factor: 3 }
                    exporter-health: { partitions: 2, replication-factor: 3 }
                    undecodable: { partitions: 2, replication-factor: 3 }
                """.formatted(data.resolve("collector"), ipfixPort, syslogPort, kafka()));
        Path ready = data.resolve("collector.ready");
        return new Program(
                "collector",
                installation.own(
                        List.of("-Xmx192m", "-Dportledger.log.level=info"),
                        Portledger.class.getName(),
                        List.of(
                                "collector",
                                "--config",
                                data.resolve("collector.yaml").toString(),
                                "--ready-file",
                                ready.toString())),
                Program.Probe.file(ready));
    }

    private Program jobManagerProgram() throws IOException, StartException {
        Path configuration = flinkConfiguration("jobmanager");
        return new Program(
                "jobmanager",
                installation.flink(
                        List.of("-Xmx384m", logging(configuration), "--add-opens=java.base/java.util=ALL-UNNAMED"),
                        "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint",
                        List.of("--configDir", configuration.toString(), "--executionMode", "cluster")),
                probes.web(flink().resolve("/overview")));
    }

    private Program taskManagerProgram(int number) throws IOException, StartException {
        String name = "taskmanager-" + number;
        Path configuration = flinkConfiguration(name);
        return new Program(
                name,
                installation.flink(
                        List.of("-Xmx384m", logging(configuration), "-XX:MaxDirectMemorySize=256m"),
                        "org.apache.flink.runtime.taskexecutor.TaskManagerRunner",
                        List.of("--configDir", configuration.toString())),
                // It is ready when the JobManager says so.
                () -> true);
    }

    /** Without Flink's scripts, which compute the parts of the memory, each part has to be said. */
    private Path flinkConfiguration(String program) throws IOException {
        Path directory = Files.createDirectories(data.resolve("flink-" + program));
        Files.createDirectories(directory.resolve("tmp"));
        Files.writeString(directory.resolve("config.yaml"), """
                jobmanager.rpc.address: 127.0.0.1
                jobmanager.rpc.port: %1$d
                jobmanager.bind-host: 127.0.0.1
                rest.address: 127.0.0.1
                rest.bind-address: 127.0.0.1
                rest.port: %2$d
                rest.bind-port: %2$d
                web.upload.dir: "%3$s/tmp"
                io.tmp.dirs: "%3$s/tmp"
                taskmanager.host: 127.0.0.1
                taskmanager.bind-host: 127.0.0.1
                taskmanager.numberOfTaskSlots: %4$d
                taskmanager.cpu.cores: 2
                taskmanager.memory.task.heap.size: 256m
                taskmanager.memory.task.off-heap.size: 64m
                taskmanager.memory.managed.size: 128m
                taskmanager.memory.framework.heap.size: 128m
                taskmanager.memory.framework.off-heap.size: 64m
                taskmanager.memory.network.min: 64m
                taskmanager.memory.network.max: 64m
                taskmanager.memory.jvm-metaspace.size: 256m
                taskmanager.memory.jvm-overhead.min: 64m
                taskmanager.memory.jvm-overhead.max: 64m
                heartbeat.interval: 1s
                heartbeat.timeout: 8s
                pipeline.max-parallelism: 128
                state.backend.type: rocksdb
                execution.checkpointing.interval: 1s
                execution.checkpointing.incremental: true
                execution.checkpointing.dir: "%5$s"
                execution.checkpointing.tolerable-failed-checkpoints: 100
                restart-strategy.type: exponential-delay
                restart-strategy.exponential-delay.initial-backoff: 500ms
                restart-strategy.exponential-delay.max-backoff: 5s
                """.formatted(
                        jobManagerPort,
                        flinkPort,
                        directory,
                        SLOTS / TASK_MANAGERS,
                        data.resolve("flink-checkpoints").toUri()));
        return directory;
    }

    private static String logging(Path configuration) throws IOException {
        Path file = configuration.resolve("log4j2.properties");
        Files.writeString(file, """
                status = error
                appender.out.type = Console
                appender.out.name = out
                appender.out.layout.type = PatternLayout
                appender.out.layout.pattern = %d{yyyy-MM-dd'T'HH:mm:ss.SSSX}{UTC} %-5p %c{1} %m%n
                rootLogger.level = info
                rootLogger.appenderRef.out.ref = out
                logger.checkpoint.name = org.apache.flink.runtime.checkpoint
                logger.checkpoint.level = warn
                logger.config.name = org.apache.kafka.common.config.AbstractConfig
                logger.config.level = warn
                """);
        return "-Dlog4j2.configurationFile=" + file;
    }

    /** Starts the same jobs in one process with one task of each kind, from the first record on. */
    void startSingleJobs() throws StartException, InterruptedException {
        supervisor
                .start(new Program(
                        "single",
                        installation.node(
                                "flink",
                                List.of("-Xmx512m", "-XX:MaxDirectMemorySize=256m"),
                                "io.portledger.standalone.flink.JobsNode",
                                List.of(
                                        data.resolve("flink-single").toString(),
                                        Integer.toString(singleFlinkPort),
                                        "--kafka",
                                        kafka(),
                                        "--elasticsearch",
                                        elasticsearch().toString(),
                                        "--parallelism",
                                        "1")),
                        probes.flink(URI.create("http://127.0.0.1:" + singleFlinkPort))))
                .awaitReady(PATIENCE);
    }

    /** Kafka's bootstrap servers. */
    String kafka() {
        return String.join(
                ",", brokerPorts.stream().map(port -> "127.0.0.1:" + port).toList());
    }

    URI elasticsearch() {
        return URI.create("http://127.0.0.1:" + elasticsearchPort);
    }

    URI flink() {
        return URI.create("http://127.0.0.1:" + flinkPort);
    }

    InetSocketAddress ipfix() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), ipfixPort);
    }

    InetSocketAddress syslog() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), syslogPort);
    }

    /** A place in the data directory, as an address that Flink takes. */
    URI place(String name) {
        return data.resolve(name).toUri();
    }

    Optional<ProcessHandle> process(String program) {
        return supervisor.process(program);
    }

    boolean isUp(String program) {
        return supervisor.isUp(program);
    }

    private int freePort() throws IOException {
        while (true) {
            try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                if (chosen.add(socket.getLocalPort())) {
                    return socket.getLocalPort();
                }
            }
        }
    }

    @Override
    public void close() {
        supervisor.close();
        probes.close();
        try {
            data.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
