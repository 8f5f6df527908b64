package io.portledger.standalone;

import java.net.InetAddress;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options that {@code up}, {@code demo} and {@code chaos} share. */
final class StandaloneOptions {

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "Directory for all data. Default: $XDG_DATA_HOME/portledger/main, that is"
                    + " ~/.local/share/portledger/main; for demo .../demo, for chaos .../chaos.")
    private @Nullable Path data;

    @Option(
            names = "--port",
            paramLabel = "SERVICE=PORT",
            split = ",",
            description = "Port of one service. Defaults: web=8080, flink=8081, kafka=9092, kafka-controller=9093,"
                    + " elasticsearch=9200, ipfix=4739, syslog=5514, pcp=5351 (demo only). May be repeated.")
    private Map<Service, Integer> ports = Map.of();

    @Option(
            names = "--port-base",
            paramLabel = "PORT",
            description = "Move all services to consecutive ports from PORT on; --port still moves single ones.")
    private @Nullable Integer portBase;

    @Option(
            names = "--listen",
            paramLabel = "ADDRESS",
            defaultValue = "127.0.0.1",
            description = "Address that the collector and the web application listen on; 0.0.0.0 is all of IPv4,"
                    + " :: all. Kafka, Elasticsearch and Flink stay on 127.0.0.1. Default: ${DEFAULT-VALUE}.")
    private String listen;

    @Option(
            names = "--memory",
            paramLabel = "PROGRAM=SIZE",
            split = ",",
            description = "Java heap of one program. Defaults: kafka=256m, elasticsearch=512m, flink=512m,"
                    + " collector=192m, web=256m, lwaftr=160m (demo only). May be repeated.")
    private Map<String, String> memory = Map.of();

    /** The directory asked for, or the standard one of that name. */
    Path dataDirectory(String standardName) {
        return data == null ? DataDirectory.standard(standardName, System.getenv()) : data;
    }

    /** The settings asked for; what is wrong with them is told as a wrong option. */
    StandaloneSettings settings() {
        try {
            PortPlan plan = portBase == null ? PortPlan.defaults() : PortPlan.from(portBase);
            return new StandaloneSettings(plan.with(ports), InetAddress.ofLiteral(listen), memory);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command.commandLine(), String.valueOf(e.getMessage()), e);
        }
    }
}
