package io.portledger.standalone.flink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portledger.standalone.child.Child;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.connector.source.lib.NumberSequenceSource;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FlinkNodeTest {

    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final int KEYS = 16;

    private final HttpClient http = HttpClient.newHttpClient();

    @TempDir
    Path directory;

    private int port;
    private Path out;
    private Process node;

    /** Counts numbers per remainder and writes "remainder number count" for each: arguments data, port, file. */
    public static final class CountingNode {

        public static void main(String[] arguments) throws Exception {
            Path out = Path.of(arguments[2]);
            System.err.println(FlinkNode.awaitEnd(FlinkNode.start(
                    Path.of(arguments[0]), Integer.parseInt(arguments[1]), environment -> define(environment, out))));
            System.exit(1);
        }

        private static void define(StreamExecutionEnvironment environment, Path out) {
            String file = out.toString();
            environment
                    .fromSource(
                            new NumberSequenceSource(0, Long.MAX_VALUE - 1),
                            WatermarkStrategy.noWatermarks(),
                            "numbers",
                            Types.LONG)
                    .setParallelism(1)
                    .uid("numbers")
                    .keyBy(number -> number % KEYS, Types.LONG)
                    .process(new Counter(file))
                    .uid("count");
        }
    }

    private static final class Counter extends KeyedProcessFunction<Long, Long, Long> {

        private static final long serialVersionUID = 1L;
        private final String file;
        private transient @Nullable ValueState<Long> count;

        Counter(String file) {
            this.file = file;
        }

        @Override
        public void open(OpenContext context) {
            count = getRuntimeContext().getState(new ValueStateDescriptor<>("count", Types.LONG));
        }

        @Override
        public void processElement(Long number, Context context, Collector<Long> collector) throws Exception {
            ValueState<Long> state = Objects.requireNonNull(count, "open() was called");
            @Nullable Long before = state.value();
            long now = (before == null ? 0 : before) + 1;
            state.update(now);
            if (now % 1000 == 0) {
                append(file, context.getCurrentKey() + " " + number + " " + now + "\n");
            }
        }
    }

    private static void append(String file, String line) {
        try {
            Files.writeString(Path.of(file), line, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @BeforeEach
    void startNode() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        out = directory.resolve("counts");
        node = node();
    }

    @AfterEach
    void stopNode() {
        node.destroyForcibly().onExit().join();
        http.close();
    }

    @Test
    void stateOutlivesKills() throws Exception {
        for (int kill = 1; kill <= 2; kill++) {
            long before = largestCount();
            await().atMost(PATIENCE).until(() -> largestCount() > before && completedCheckpoints() > 0);
            node.destroyForcibly().onExit().join();
            node = node();
        }
        long before = largestCount();
        await().atMost(PATIENCE).until(() -> largestCount() > before);
        // Number n with remainder r is the (n / KEYS + 1)th of its key: true only if state and source position agree.
        assertThat(lines())
                .isNotEmpty()
                .allSatisfy(line -> assertThat(line[2])
                        .as("count of %s at %s", line[0], line[1])
                        .isEqualTo(line[1] / KEYS + 1));
        assertThat(restoredCheckpoints()).isEqualTo(1);
    }

    @Test
    void webInterfaceTakesNoCode() throws Exception {
        await().atMost(PATIENCE).until(() -> largestCount() > 0);
        assertThat(http.send(
                                HttpRequest.newBuilder(uri("/jars/upload"))
                                        .POST(HttpRequest.BodyPublishers.noBody())
                                        .build(),
                                BodyHandlers.ofString())
                        .statusCode())
                .isEqualTo(404);
    }

    private long largestCount() throws IOException {
        return lines().stream().mapToLong(line -> line[2]).max().orElse(0);
    }

    private List<long[]> lines() throws IOException {
        if (!Files.exists(out)) {
            return List.of();
        }
        String text = Files.readString(out);
        return text.lines()
                .map(line -> Arrays.stream(line.split(" ", -1))
                        .mapToLong(Long::parseLong)
                        .toArray())
                .toList();
    }

    private long completedCheckpoints() throws IOException, InterruptedException {
        return number("\"completed\":(\\d+)");
    }

    private long restoredCheckpoints() throws IOException, InterruptedException {
        return number("\"restored\":(\\d+)");
    }

    private long number(String pattern) throws IOException, InterruptedException {
        String body = http.send(
                        HttpRequest.newBuilder(uri("/jobs/" + FlinkNode.JOB_ID + "/checkpoints"))
                                .build(),
                        BodyHandlers.ofString())
                .body();
        Matcher matcher = Pattern.compile(pattern).matcher(body);
        return matcher.find() ? Long.parseLong(matcher.group(1)) : 0;
    }

    private URI uri(String path) {
        return URI.create("http://127.0.0.1:" + port + path);
    }

    private Process node() throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx384m",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Child.class.getName(),
                        CountingNode.class.getName(),
                        directory.resolve("flink").toString(),
                        Integer.toString(port),
                        out.toString())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("log").toFile())
                .start();
    }
}
