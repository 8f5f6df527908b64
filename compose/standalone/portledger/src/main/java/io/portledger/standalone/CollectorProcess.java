package io.portledger.standalone;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;

/**
 * A collector on a {@link Workbench}, a process as operators run it, on the loopback interface at ports that the system
 * chooses.
 *
 * @param addresses where it listens, by the names of its ready file, such as {@code ipfix.udp}
 */
record CollectorProcess(Process process, Map<String, InetSocketAddress> addresses) {

    /**
     * Starts one and waits until it listens.
     *
     * @param kafkaPort of a broker on the loopback interface
     * @param overrides more settings, by the names of their environment variables without {@code PORTLEDGER_COLLECTOR_}
     * @param jvmOptions of its JVM
     */
    static CollectorProcess start(
            Workbench bench, int kafkaPort, Map<String, String> overrides, List<String> jvmOptions)
            throws StartException, IOException, InterruptedException {
        Path settings =
                Files.writeString(bench.file("collector.yaml"), """
                collector:
                  name: bench
                  state-directory: "%s"
                  ipfix: { udp: "127.0.0.1:0", tcp: "127.0.0.1:0" }
                  syslog: { udp: "127.0.0.1:0", tcp: "127.0.0.1:0" }
                  metrics: { listen: "127.0.0.1:0" }
                  kafka: { bootstrap-servers: "127.0.0.1:%d" }
                """.formatted(bench.file("collector"), kafkaPort));
        Path ready = bench.file("collector.ready");
        List<String> options = new ArrayList<>(jvmOptions);
        options.add("-Dportledger.log.level=info");
        List<String> program = new ArrayList<>();
        if (!overrides.isEmpty()) {
            program.add("/usr/bin/env");
            overrides.forEach((name, value) -> program.add("PORTLEDGER_COLLECTOR_" + name + "=" + value));
        }
        program.addAll(Installation.find()
                .own(
                        options,
                        Portledger.class.getName(),
                        List.of("collector", "--config", settings.toString(), "--ready-file", ready.toString())));
        Process process = bench.start("collector", program, Program.Probe.file(ready));
        Properties told = new Properties();
        try (var reader = Files.newBufferedReader(ready)) {
            told.load(reader);
        }
        Map<String, InetSocketAddress> addresses = new HashMap<>();
        told.stringPropertyNames().forEach(name -> {
            String at = told.getProperty(name);
            addresses.put(
                    name,
                    new InetSocketAddress(
                            InetAddress.ofLiteral("127.0.0.1"),
                            Integer.parseInt(at.substring(at.lastIndexOf(':') + 1))));
        });
        return new CollectorProcess(process, Map.copyOf(addresses));
    }

    /** Where it listens for something. */
    InetSocketAddress address(String listener) {
        InetSocketAddress address = addresses.get(listener);
        if (address == null) {
            throw new IllegalArgumentException("the collector does not listen for " + listener);
        }
        return address;
    }

    /** The numbers that it tells Prometheus, those without labels. */
    Map<String, Long> metrics() throws IOException, InterruptedException {
        Map<String, Long> numbers = new HashMap<>();
        try (HttpClient http = HttpClient.newHttpClient()) {
            URI uri = URI.create("http://127.0.0.1:" + address("metrics").getPort() + "/metrics");
            http.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
                    .body()
                    .lines()
                    .filter(line -> !line.startsWith("#") && line.indexOf('{') < 0)
                    .map(line -> line.split(" ", -1))
                    .forEach(words -> numbers.put(words[0], (long) Double.parseDouble(words[1])));
        }
        return numbers;
    }
}
