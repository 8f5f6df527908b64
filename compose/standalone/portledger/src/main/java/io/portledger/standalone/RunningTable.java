package io.portledger.standalone;

import io.portledger.lwaftr.supporting.BindingTopic;
import io.portledger.lwaftr.supporting.SupportingSettings;
import io.portledger.lwaftr.supporting.TopicStatement;
import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PublicPorts;
import io.portledger.softwire.table.BindingDiff;
import java.io.IOException;
import java.io.Reader;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that name a table which is not a file: that of a running lwAFTR, or that of a topic of Kafka. */
final class RunningTable {

    @Option(
            names = "--lwaftr",
            paramLabel = "URL",
            description = "A running lwAFTR, by RESTCONF: https://HOST:PORT, as lwaftr.restconf.listen has it.")
    private @Nullable URI lwaftr;

    @Option(
            names = "--token-file",
            paramLabel = "FILE",
            description = "Its first line is a token that the lwAFTR knows.")
    private @Nullable Path tokenFile;

    @Option(
            names = "--ca",
            paramLabel = "FILE",
            description =
                    "PEM file with the certificates to trust, if the lwAFTR's is not one that this system trusts.")
    private @Nullable Path ca;

    @Option(
            names = "--instance",
            paramLabel = "NAME",
            defaultValue = "portledger",
            description = "The lwAFTR's bind-instance. Default: ${DEFAULT-VALUE}.")
    private String instance = "portledger";

    @Option(
            names = "--kafka",
            paramLabel = "HOST:PORT",
            description = "A topic that lwAFTRs follow: brokers to begin with, comma-separated.")
    private @Nullable String kafka;

    @Option(
            names = "--topic",
            paramLabel = "NAME",
            defaultValue = "bindings",
            description = "The topic. Default: ${DEFAULT-VALUE}.")
    private String topic = "bindings";

    @Option(
            names = "--kafka-client",
            paramLabel = "FILE",
            description = "More settings of Kafka's client, such as those of security: a Java properties file.")
    private @Nullable Path kafkaClient;

    /** A table as it is now, which can be changed if nobody else did so meanwhile. */
    interface Opened extends AutoCloseable {

        /** For messages. */
        String name();

        /** The bindings when the table was opened. */
        List<Binding> bindings();

        /**
         * Makes the table so.
         *
         * @param wanted all bindings
         * @param changes how they differ from {@link #bindings}
         * @throws IOException with a message for the user if not
         */
        void become(List<Binding> wanted, List<BindingDiff.Change> changes) throws IOException, InterruptedException;

        @Override
        void close();
    }

    /** Whether the user named one. */
    boolean isNamed() {
        return lwaftr != null || kafka != null;
    }

    /**
     * Reads the table.
     *
     * @param br the BR address of bindings that name none
     * @param isToBeMade whether a topic that is not there is made
     * @param warning is told what is wrong with a part of it
     * @throws IOException with a message for the user
     */
    Opened open(@Nullable Ipv6Address br, boolean isToBeMade, Consumer<String> warning)
            throws IOException, InterruptedException {
        if (lwaftr != null && kafka != null) {
            throw new IOException("both --lwaftr and --kafka are given (allowed: one of them)");
        }
        if (lwaftr != null) {
            if (tokenFile == null) {
                throw new IOException("--lwaftr needs --token-file, a file with a token that the lwAFTR knows");
            }
            return RestconfTable.open(lwaftr, tokenFile, ca, instance);
        }
        return openTopic(br == null ? Ipv6Address.UNSPECIFIED : br, isToBeMade, warning);
    }

    private Opened openTopic(Ipv6Address br, boolean isToBeMade, Consumer<String> warning) throws IOException {
        Map<String, String> client = new HashMap<>();
        if (kafkaClient != null) {
            Properties properties = new Properties();
            try (Reader reader = Files.newBufferedReader(kafkaClient)) {
                properties.load(reader);
            }
            properties.stringPropertyNames().forEach(name -> client.put(name, properties.getProperty(name)));
        }
        String brokers = kafka == null ? "" : kafka;
        client.putIfAbsent("request.timeout.ms", "15000");
        client.putIfAbsent("default.api.timeout.ms", "20000");
        client.putIfAbsent("delivery.timeout.ms", "60000");
        SupportingSettings.Kafka settings = new SupportingSettings.Kafka(brokers, topic, Duration.ofMinutes(1), client);
        try {
            if (isToBeMade && BindingTopic.create(settings)) {
                warning.accept("made topic " + topic + " at " + brokers);
                // Not every broker may know of it yet.
                return new Topic(settings, List.of());
            }
            return new Topic(settings, BindingTopic.read(settings, br, warning));
        } catch (IllegalStateException | IllegalArgumentException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private record Topic(SupportingSettings.Kafka settings, List<Binding> bindings) implements Opened {

        @Override
        public String name() {
            return "topic " + settings.topic() + " at " + settings.bootstrapServers();
        }

        @Override
        public void become(List<Binding> wanted, List<BindingDiff.Change> changes) throws IOException {
            List<TopicStatement> withdrawn = new ArrayList<>();
            List<TopicStatement> held = new ArrayList<>();
            for (BindingDiff.Change change : changes) {
                switch (change) {
                    case BindingDiff.Added(Binding binding) -> held.add(new TopicStatement.Held(binding));
                    case BindingDiff.Removed(Binding binding) ->
                        withdrawn.add(new TopicStatement.Withdrawn(PublicPorts.of(binding)));
                    case BindingDiff.Changed(Binding before, Binding after) -> {
                        if (!PublicPorts.of(before).equals(PublicPorts.of(after))) {
                            withdrawn.add(new TopicStatement.Withdrawn(PublicPorts.of(before)));
                        }
                        held.add(new TopicStatement.Held(after));
                    }
                }
            }
            withdrawn.addAll(held);
            try {
                BindingTopic.publish(settings, withdrawn);
            } catch (IllegalStateException | IllegalArgumentException e) {
                throw new IOException(e.getMessage(), e);
            }
        }

        @Override
        public void close() {
            // Everything was read at once.
        }
    }
}
