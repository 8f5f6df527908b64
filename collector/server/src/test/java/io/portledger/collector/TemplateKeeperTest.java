package io.portledger.collector;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.portledger.records.v1.ExporterGap;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.OptionalLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Collectors one after the other in the same state directory. */
class TemplateKeeperTest {

    private static final InetSocketAddress SENDER = new InetSocketAddress("192.0.2.99", 50_000);
    private static final long T0 = Messages.EXPORT_SECONDS * 1000;

    @TempDir
    private Path directory;

    private final TestClock clock = new TestClock(T0);
    private final KafkaInMemory kafka = new KafkaInMemory(true, 1 << 20);
    private final Messages.Exporter exporter = new Messages.Exporter();

    @AfterEach
    void closeKafka() {
        kafka.close();
    }

    private Path file() {
        return directory.resolve("state").resolve("ipfix-templates");
    }

    private IpfixIntake start() {
        return Intakes.of(
                Intakes.settings(Map.of("template-wait", "60s")),
                kafka,
                clock,
                new SkewWatch(kafka.gapBoard, 86_400_000, 0),
                OptionalLong.of(T0),
                new TemplateKeeper(file()));
    }

    private void take(IpfixIntake intake, byte[] message) {
        intake.datagrams().take(SENDER, Unpooled.wrappedBuffer(message));
        intake.expire();
    }

    private int events() throws Exception {
        return kafka.events().size();
    }

    @Test
    void aSessionGoesOnWithItsTemplatesWhenTheCollectorStartsAgain() throws Exception {
        IpfixIntake first = start();
        take(first, exporter.template(Messages.EXPORT_SECONDS));
        take(first, exporter.records(2, Messages.EXPORT_SECONDS));
        first.close();
        clock.advance(60_000);

        IpfixIntake second = start();
        take(second, exporter.records(3, Messages.EXPORT_SECONDS + 60));
        assertThat(events()).isEqualTo(5);
        take(second, exporter.template(Messages.EXPORT_SECONDS + 60));
        take(second, exporter.records(1, Messages.EXPORT_SECONDS + 60));
        assertThat(events()).isEqualTo(6);
        assertThat(kafka.gaps()).extracting(ExporterGap::getCause).containsOnly(ExporterGap.Cause.NOT_COLLECTED);
    }

    @Test
    void whatWasNotStoppedInOrderHasKeptItsTemplatesWithinTheMinute() throws Exception {
        IpfixIntake killed = start();
        take(killed, exporter.template(Messages.EXPORT_SECONDS));
        Awaitility.await().until(() -> Files.exists(file()));

        take(start(), exporter.records(3, Messages.EXPORT_SECONDS));
        assertThat(events()).isEqualTo(3);
    }

    @Test
    void sessionsThatDoNotComeAtOnceAreKeptOn() throws Exception {
        IpfixIntake first = start();
        take(first, exporter.template(Messages.EXPORT_SECONDS));
        first.close();
        IpfixIntake second = start();
        second.datagrams().take(new InetSocketAddress("192.0.2.98", 50_000), Unpooled.wrappedBuffer(Messages.MINI));
        second.close();

        take(start(), exporter.records(3, Messages.EXPORT_SECONDS));
        assertThat(events()).isEqualTo(1 + 3);
    }

    @Test
    void anExporterThatBeganAnewMeanwhileIsNotReadByItsOldTemplates() throws Exception {
        IpfixIntake first = start();
        take(first, exporter.template(Messages.EXPORT_SECONDS));
        take(first, exporter.records(2, Messages.EXPORT_SECONDS));
        first.close();

        IpfixIntake second = start();
        Messages.Exporter anew = new Messages.Exporter();
        take(second, anew.records(1, Messages.EXPORT_SECONDS + 60));
        assertThat(events()).isEqualTo(2);
        take(second, anew.template(Messages.EXPORT_SECONDS + 60));
        assertThat(events()).isEqualTo(3);
    }

    @Test
    void whatWasReadByATemplateThatProvesWrongIsAGap() throws Exception {
        IpfixIntake first = start();
        take(first, exporter.template(Messages.EXPORT_SECONDS));
        first.close();
        IpfixIntake second = start();
        take(second, exporter.records(1, Messages.EXPORT_SECONDS));
        assertThat(kafka.gaps()).extracting(ExporterGap::getCause).containsOnly(ExporterGap.Cause.NOT_COLLECTED);
        clock.advance(30_000);
        take(second, HexFormat.of().parseHex("000a001c6553f1000000000100000001" + "0002000c012c000100e60001"));

        assertThat(kafka.gaps())
                .containsExactly(ExporterGap.newBuilder()
                        .setExporter("192.0.2.99")
                        .setObservationDomain(1)
                        .setCause(ExporterGap.Cause.UNDECODABLE)
                        .setFromMillis(T0 - 2000)
                        .setToMillis(T0 + 30_000)
                        .build());
    }

    @Test
    void templatesOfLongAgoAreNotUsed() throws Exception {
        IpfixIntake first = start();
        take(first, exporter.template(Messages.EXPORT_SECONDS));
        first.close();
        clock.advance(3_600_001);

        take(start(), exporter.records(1, Messages.EXPORT_SECONDS + 3600));
        assertThat(events()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 7, 8, 20, 60, -1})
    void aDamagedFileIsSetAsideAndTheCollectorStarts(int length) throws Exception {
        IpfixIntake first = start();
        take(first, exporter.template(Messages.EXPORT_SECONDS));
        first.close();
        byte[] octets = Files.readAllBytes(file());
        if (length < 0) {
            octets[octets.length / 2] ^= 1;
            Files.write(file(), octets);
        } else {
            Files.write(file(), Arrays.copyOf(octets, length));
        }

        IpfixIntake second = start();
        assertThat(file()).doesNotExist();
        assertThat(file().resolveSibling("ipfix-templates.damaged")).exists();
        take(second, exporter.records(1, Messages.EXPORT_SECONDS));
        assertThat(events()).isZero();
        take(second, exporter.template(Messages.EXPORT_SECONDS));
        assertThat(events()).isEqualTo(1);
    }
}
