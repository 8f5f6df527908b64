package io.portledger.standalone.kafka;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import java.util.UUID;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;

/**
 * One Kafka broker that is a controller too (KRaft), its own or one of a few on this machine, reachable on the loopback
 * interface only.
 *
 * <p>The data directory is formatted at the first start. A node that was killed and started again on the same directory
 * has every record that it acknowledged with {@code acks=all}.
 *
 * <p>Uses the classes that {@code kafka.Kafka} and {@code kafka-storage.sh} run; they are not public API, so they are
 * used here and nowhere else.
 */
public final class KafkaNode implements AutoCloseable {

    /**
     * Who is in the cluster.
     *
     * @param id this node's number
     * @param voters all nodes as {@code ID@HOST:CONTROLLER-PORT}, with commas between them
     */
    record Cluster(int id, String voters) {

        /** A cluster of this node only. */
        static Cluster ofOne(int controllerPort) {
            return new Cluster(1, "1@127.0.0.1:" + controllerPort);
        }

        int size() {
            return voters.split(",", -1).length;
        }

        /** The same in all nodes, without asking each other. */
        String clusterId() {
            UUID name = UUID.nameUUIDFromBytes(voters.getBytes(StandardCharsets.UTF_8));
            return new Uuid(name.getMostSignificantBits(), name.getLeastSignificantBits()).toString();
        }
    }

    private final KafkaRaftServer server;

    private KafkaNode(KafkaRaftServer server) {
        this.server = server;
    }

    /**
     * Runs a node until the process ends. Arguments: data directory, port for clients, port of the controller; for one of
     * several nodes also its number and all {@linkplain Cluster#voters voters}.
     *
     * @throws Exception if the node does not start
     */
    public static void main(String[] arguments) throws Exception {
        if (arguments.length != 3 && arguments.length != 5) {
            System.err.println("Usage: KafkaNode DATA-DIRECTORY PORT CONTROLLER-PORT [ID ID@HOST:PORT,...]");
            System.exit(2);
        }
        int controllerPort = Integer.parseInt(arguments[2]);
        KafkaNode node = start(
                Path.of(arguments[0]),
                Integer.parseInt(arguments[1]),
                controllerPort,
                arguments.length == 3
                        ? Cluster.ofOne(controllerPort)
                        : new Cluster(Integer.parseInt(arguments[3]), arguments[4]));
        Runtime.getRuntime().addShutdownHook(new Thread(node::close, "kafka-shutdown"));
        node.server.awaitShutdown();
    }

    /**
     * Starts a node that is a cluster by itself; it is ready for clients when this returns.
     *
     * @param data its directory, created and formatted if need be
     * @param port where clients connect, on 127.0.0.1
     * @param controllerPort where the broker connects to itself as controller
     * @throws Exception if it does not start
     */
    public static KafkaNode start(Path data, int port, int controllerPort) throws Exception {
        return start(data, port, controllerPort, Cluster.ofOne(controllerPort));
    }

    private static KafkaNode start(Path data, int port, int controllerPort, Cluster cluster) throws Exception {
        Path logs = data.resolve("log").toAbsolutePath();
        if (!Files.exists(logs.resolve("meta.properties"))) {
            format(logs, cluster);
        }
        KafkaRaftServer server = new KafkaRaftServer(
                KafkaConfig.fromProps(configuration(logs, port, controllerPort, cluster)), Time.SYSTEM);
        server.startup();
        return new KafkaNode(server);
    }

    private static void format(Path logs, Cluster cluster) throws Exception {
        Files.createDirectories(logs);
        Formatter formatter = new Formatter();
        formatter.setClusterId(cluster.size() == 1 ? Uuid.randomUuid().toString() : cluster.clusterId());
        formatter.setNodeId(cluster.id());
        formatter.setDirectories(List.of(logs.toString()));
        formatter.setMetadataLogDirectory(logs.toString());
        formatter.setControllerListenerName("CONTROLLER");
        formatter.setUnstableFeatureVersionsEnabled(false);
        formatter.setIgnoreFormatted(true);
        formatter.setHasDynamicQuorum(false);
        formatter.setPrintStream(System.out);
        formatter.run();
    }

    private static Properties configuration(Path logs, int port, int controllerPort, Cluster cluster) {
        Properties p = new Properties();
        p.put("process.roles", "broker,controller");
        p.put("node.id", cluster.id());
        p.put("controller.quorum.voters", cluster.voters());
        p.put("controller.listener.names", "CONTROLLER");
        p.put("inter.broker.listener.name", "PLAINTEXT");
        p.put("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT");
        p.put("listeners", "PLAINTEXT://127.0.0.1:" + port + ",CONTROLLER://127.0.0.1:" + controllerPort);
        p.put("advertised.listeners", "PLAINTEXT://127.0.0.1:" + port);
        p.put("log.dirs", logs.toString());

        // One of three may be away.
        String copies = Integer.toString(Math.min(cluster.size(), 3));
        String leastCopies = cluster.size() < 3 ? "1" : "2";
        p.put("offsets.topic.replication.factor", copies);
        p.put("transaction.state.log.replication.factor", copies);
        p.put("transaction.state.log.min.isr", leastCopies);
        p.put("share.coordinator.state.topic.replication.factor", copies);
        p.put("share.coordinator.state.topic.min.isr", leastCopies);
        p.put("min.insync.replicas", leastCopies);
        // 50 each by default, for the sake of large clusters: many files and a slow start.
        p.put("offsets.topic.num.partitions", "4");
        p.put("transaction.state.log.num.partitions", "4");
        p.put("share.coordinator.state.topic.num.partitions", "4");
        p.put("group.initial.rebalance.delay.ms", "0");

        // After a kill the controller still knows the old registration, and the broker waits until
        // its session ends: 9 s by default.
        p.put("broker.session.timeout.ms", "2000");
        p.put("broker.heartbeat.interval.ms", "500");

        // Heap: the cleaner's table takes 128 MiB by default.
        p.put("log.cleaner.dedupe.buffer.size", "16777216");
        // At least the longest transaction timeout of a Flink sink.
        p.put("transaction.max.timeout.ms", "900000");
        // A topic that somebody misspelt should be an error.
        p.put("auto.create.topics.enable", "false");
        return p;
    }

    /** Stops the node in order: clients are told, files are flushed and marked clean. */
    @Override
    public void close() {
        server.shutdown();
        server.awaitShutdown();
    }
}
