package io.portledger.jobs;

import io.portledger.jobs.usage.ActivityFunction;
import io.portledger.jobs.usage.BindingUsageFunction;
import io.portledger.jobs.usage.ClassUsageFunction;
import io.portledger.jobs.usage.UsageReader;
import io.portledger.jobs.usage.UsageReport;
import io.portledger.records.Topic;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * The stream jobs: events from Kafka become intervals in the ledger, reports of losses become gaps, and what cannot be
 * used goes to a topic of its own.
 *
 * <p>How often state is saved and how a job restarts is the environment's business. Without saved state everything is
 * read anew from the start of the topics, and leads to the same documents.
 */
public final class Jobs {

    /** Consumer group under which the progress of the jobs can be watched. */
    static final String GROUP = "portledger-jobs";

    private Jobs() {}

    /**
     * Runs the jobs on the cluster to which this was submitted; see {@link JobsSettings} for the arguments.
     *
     * @throws Exception if the cluster does not take the job
     */
    public static void main(String[] arguments) throws Exception {
        JobsSettings settings;
        try {
            settings = JobsSettings.parse(arguments);
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.err.println("Usage: --kafka HOST:PORT --elasticsearch URL [--parallelism N] [--horizon P7D]"
                    + " [--session-horizon P1D] [--flush-interval PT0.2S] [--usage-interval PT10M]");
            throw e;
        }
        StreamExecutionEnvironment environment = StreamExecutionEnvironment.getExecutionEnvironment();
        define(environment, settings);
        environment.execute("portledger");
    }

    /** Adds the whole graph to an environment; the ids of its operators never change, so that state can be restored. */
    public static void define(StreamExecutionEnvironment environment, JobsSettings settings) {
        Configuration configuration = new Configuration();
        configuration.set(PipelineOptions.GENERIC_TYPES, false);
        // A checkpoint must mean that what was read before it is written, not that it is saved on its way there: marks
        // of
        // collectors reach the ledger by that.
        configuration.set(CheckpointingOptions.ENABLE_UNALIGNED, false);
        environment.configure(configuration);
        if (settings.parallelism() > 0) {
            environment.setParallelism(settings.parallelism());
        }

        SingleOutputStreamOperator<NatEvent> natEvents = environment
                .fromSource(source(settings, Topic.NAT_EVENTS), WatermarkStrategy.noWatermarks(), "nat-events")
                .uid("nat-events")
                .process(new NatEventReader())
                .returns(Types.POJO(NatEvent.class))
                .name("read-nat-events")
                .uid("read-nat-events");
        SingleOutputStreamOperator<LedgerWrite> bindings = natEvents
                .keyBy(event -> event.ipv4, Types.INT)
                .process(new BindingHistoryFunction(settings.horizon(), settings.sessionHorizon()))
                .returns(Types.POJO(LedgerWrite.class))
                .name("binding-history")
                .uid("binding-history");
        SingleOutputStreamOperator<LedgerWrite> gaps = environment
                .fromSource(
                        source(settings, Topic.EXPORTER_HEALTH), WatermarkStrategy.noWatermarks(), "exporter-health")
                .uid("exporter-health")
                .process(new GapReader())
                .returns(Types.POJO(LedgerWrite.class))
                .name("read-exporter-health")
                .uid("read-exporter-health");

        SingleOutputStreamOperator<LedgerWrite> conditions = environment
                .fromSource(source(settings, Topic.NAT_CONDITIONS), WatermarkStrategy.noWatermarks(), "nat-conditions")
                .uid("nat-conditions")
                .process(new ConditionReader())
                .returns(Types.POJO(LedgerWrite.class))
                .name("watch-conditions")
                .uid("watch-conditions");
        SingleOutputStreamOperator<UsageReport> reports = environment
                .fromSource(source(settings, Topic.PORT_USAGE), WatermarkStrategy.noWatermarks(), "port-usage")
                .uid("port-usage")
                .process(new UsageReader())
                .returns(Types.POJO(UsageReport.class))
                .name("read-port-usage")
                .uid("read-port-usage");
        SingleOutputStreamOperator<LedgerWrite> bindingUsage = reports.keyBy(report -> report.ipv4, Types.INT)
                .process(new BindingUsageFunction(settings.usageInterval()))
                .returns(Types.POJO(LedgerWrite.class))
                .name("binding-usage")
                .uid("binding-usage");
        SingleOutputStreamOperator<LedgerWrite> classUsage = bindingUsage
                .getSideOutput(BindingUsageFunction.SHARES)
                .keyBy(share -> share.serviceClass, Types.STRING)
                .process(new ClassUsageFunction(settings.usageInterval()))
                .returns(Types.POJO(LedgerWrite.class))
                .name("class-usage")
                .uid("class-usage");
        SingleOutputStreamOperator<LedgerWrite> activity = natEvents
                .getSideOutput(NatEventReader.ACTIVITY)
                .keyBy(part -> part.key, Types.STRING)
                .process(new ActivityFunction(settings.usageInterval()))
                .returns(Types.POJO(LedgerWrite.class))
                .name("activity")
                .uid("activity");

        bindings.union(
                        gaps,
                        conditions,
                        bindingUsage,
                        classUsage,
                        activity,
                        natEvents.getSideOutput(MarkingReader.GAPS),
                        gaps.getSideOutput(MarkingReader.GAPS),
                        natEvents.getSideOutput(MarkingReader.MARKS),
                        gaps.getSideOutput(MarkingReader.MARKS))
                .sinkTo(new ElasticsearchSink(settings.elasticsearch(), settings.flushInterval()))
                .name("ledger")
                .uid("ledger");
        natEvents
                .getSideOutput(Refused.TAG)
                .union(
                        bindings.getSideOutput(Refused.TAG),
                        gaps.getSideOutput(Refused.TAG),
                        conditions.getSideOutput(Refused.TAG),
                        reports.getSideOutput(Refused.TAG),
                        bindingUsage.getSideOutput(Refused.TAG))
                .sinkTo(KafkaSink.<byte[]>builder()
                        .setBootstrapServers(settings.kafka())
                        .setRecordSerializer(new Refused.Schema())
                        .setDeliveryGuarantee(DeliveryGuarantee.AT_LEAST_ONCE)
                        .build())
                .name("undecodable")
                .uid("undecodable");
    }

    private static KafkaSource<KafkaRecord> source(JobsSettings settings, Topic topic) {
        return KafkaSource.<KafkaRecord>builder()
                .setBootstrapServers(settings.kafka())
                .setTopics(topic.topicName())
                .setGroupId(GROUP)
                .setClientIdPrefix(GROUP + "-" + topic.topicName())
                .setStartingOffsets(OffsetsInitializer.earliest())
                .setDeserializer(new KafkaRecord.Schema())
                .build();
    }
}
