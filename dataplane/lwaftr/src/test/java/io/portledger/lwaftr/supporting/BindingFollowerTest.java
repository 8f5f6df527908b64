package io.portledger.lwaftr.supporting;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import io.portledger.lwaftr.BindingChange;
import io.portledger.lwaftr.provisioning.Entitlement;
import io.portledger.lwaftr.provisioning.Origin;
import io.portledger.lwaftr.provisioning.Subscribers;
import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PublicPorts;
import io.portledger.softwire.table.BindingEntry;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With a real broker. */
class BindingFollowerTest {

    private static final Binding ONE = TestLeases.binding("2001:db8::1", "192.0.2.1", 34);
    private static final Binding TWO = TestLeases.binding("2001:db8::2", "192.0.2.1", 35);

    @TempDir
    private static Path directory;

    private static @Nullable KafkaBroker started;

    private final String topic = "bindings-" + UUID.randomUUID();
    private final TestLeases leases = new TestLeases();
    private final Subscribers subscribers = new Subscribers();
    private @Nullable BindingFollower follower;

    @BeforeAll
    static void startBroker() throws Exception {
        started = new KafkaBroker(directory.resolve("kafka"));
        broker().start();
    }

    @AfterAll
    static void stopBroker() {
        broker().close();
    }

    @AfterEach
    void stop() {
        if (follower != null) {
            follower.close();
        }
        leases.close();
    }

    @Test
    void everythingOnTheTopicIsDoneWhenTheStartReturns() throws Exception {
        broker().createTopic(topic, 3);
        for (int i = 0; i < 200; i++) {
            Binding binding =
                    TestLeases.binding("2001:db8::a:" + Integer.toHexString(i), "198.51.100." + (i >> 6), i & 63);
            broker().send(topic, key(binding), value(binding));
        }
        broker().send(topic, key(ONE), value(ONE), key(ONE), null);

        follow();

        assertThat(leases.table.size()).isEqualTo(200);
        assertThat(leases.changes)
                .hasSize(200)
                .allMatch(change -> change.origin() == Origin.KAFKA && change.kind() == BindingChange.Kind.CREATED);
        assertThat(follower().lag()).isZero();
    }

    @Test
    void aRecordIsDoneAsItComes() throws Exception {
        broker().createTopic(topic, 1);
        follow();
        broker().send(topic, key(ONE), value(ONE), key(TWO), value(TWO));
        await().until(() -> leases.table.size() == 2);
        Binding named = new Binding(TWO.b4(), ONE.ipv4(), ONE.ports(), ONE.br(), "Haus 7");

        // Handing a port set over is one record.
        broker().send(topic, key(ONE), value(named), key(TWO), null);

        await().until(() -> leases.table.size() == 1);
        await().untilAsserted(() -> assertThat(
                        leases.table.owner(ONE.ipv4(), ONE.ports().firstPort()))
                .contains(named));
        assertThat(leases.changes.stream().map(BindingChange::kind))
                .filteredOn(kind -> kind == BindingChange.Kind.DELETED)
                .hasSize(2);
    }

    @Test
    void aFaultyRecordIsKeptInViewAndStopsNothing() throws Exception {
        broker().createTopic(topic, 1);
        broker().send(topic, "nonsense", "{}", key(ONE), "{\"binding-ipv6info\":");
        follow();
        broker().send(topic, key(ONE), value(TWO), "", "x", key(TWO), value(TWO));
        await().until(() -> leases.table.size() == 1);

        assertThat(follower().faultyRecords()).isEqualTo(4);
        assertThat(follower().faults())
                .extracting(BindingFollower.Fault::key, BindingFollower.Fault::offset, BindingFollower.Fault::reason)
                .containsExactly(
                        tuple(
                                "nonsense",
                                0L,
                                "Invalid value nonsense: no port set of an address (allowed:"
                                        + " ADDRESS/OFFSET/LENGTH/PSID, such as 192.0.2.1/0/6/34)"),
                        tuple("192.0.2.1/0/6/34", 2L, "the entry is of 192.0.2.1/0/6/35, which is not the key"),
                        tuple(
                                "",
                                3L,
                                "Invalid value : no port set of an address (allowed:"
                                        + " ADDRESS/OFFSET/LENGTH/PSID, such as 192.0.2.1/0/6/34)"));

        broker().send(topic, key(ONE), value(ONE), "nonsense", null);

        await().until(() -> leases.table.size() == 2);
        await().untilAsserted(() -> assertThat(follower().faults())
                .extracting(BindingFollower.Fault::key)
                .containsExactly(""));
    }

    @Test
    void aConflictStandsBackUntilItEnds() throws Exception {
        Binding other = TestLeases.binding("2001:db8::ffff", "192.0.2.1", 34);
        leases.edit(Origin.RESTCONF, List.of(other), List.of());
        broker().createTopic(topic, 1);
        broker().send(topic, key(ONE), value(ONE), key(TWO), value(TWO));
        follow();

        assertThat(leases.table.size()).isEqualTo(2);
        assertThat(follower().pendingCount()).isEqualTo(1);
        assertThat(follower().pending().join())
                .containsExactly(new BindingFollower.PendingBinding(
                        key(ONE), ONE.b4(), "2001:db8::ffff has it by assignment", leases.now));

        leases.edit(Origin.RESTCONF, List.of(), List.of(other));

        await().until(() -> follower().pendingCount() == 0);
        assertThat(leases.table.owner(ONE.ipv4(), ONE.ports().firstPort())).contains(ONE);
    }

    @Test
    void whatSomebodyElseAssignedIsNotWithdrawnByATombstone() throws Exception {
        leases.edit(Origin.FILE, List.of(ONE), List.of());
        broker().createTopic(topic, 1);
        broker().send(topic, key(ONE), value(ONE));
        follow();
        assertThat(follower().pending().join())
                .extracting(BindingFollower.PendingBinding::reason)
                .containsExactly("it has it already, by FILE");

        broker().send(topic, key(ONE), null);

        await().until(() -> follower().pendingCount() == 0);
        assertThat(leases.table.owner(ONE.ipv4(), ONE.ports().firstPort())).contains(ONE);
    }

    @Test
    void whatIsGoneFromTheTopicSinceTheLastStartIsWithdrawn() throws Exception {
        leases.edit(Origin.KAFKA, List.of(ONE, TWO), List.of());
        leases.changes.clear();
        broker().createTopic(topic, 1);
        broker().send(topic, key(TWO), value(TWO));

        follow();

        assertThat(leases.changes)
                .extracting(BindingChange::kind, BindingChange::binding)
                .containsExactly(tuple(BindingChange.Kind.DELETED, ONE));
    }

    @Test
    void aTopicThatWasMadeAnewIsReadAgain() throws Exception {
        broker().createTopic(topic, 1);
        broker().send(topic, key(ONE), value(ONE), key(TWO), value(TWO));
        follow();
        broker().deleteTopic(topic);
        await().ignoreExceptions().until(() -> {
            broker().createTopic(topic, 1);
            return true;
        });
        broker().send(topic, key(TWO), value(TWO));

        await().atMost(Duration.ofSeconds(60)).until(() -> leases.table.size() == 1);
        assertThat(leases.table.owner(TWO.ipv4(), TWO.ports().firstPort())).contains(TWO);
    }

    @Test
    void bindingsHoldWhileKafkaIsAwayAndAreFollowedAgain() throws Exception {
        broker().createTopic(topic, 1);
        broker().send(topic, key(ONE), value(ONE));
        follow();
        broker().stop();
        try {
            await().atMost(Duration.ofSeconds(60)).until(() -> follower().age().compareTo(Duration.ofSeconds(6)) > 0);
            assertThat(leases.table.size()).isEqualTo(1);
        } finally {
            broker().start();
        }
        broker().send(topic, key(TWO), value(TWO));

        await().atMost(Duration.ofSeconds(60)).until(() -> leases.table.size() == 2);
        await().until(() -> follower().age().compareTo(Duration.ofSeconds(6)) < 0);
        assertThat(leases.changes).hasSize(2);
    }

    @Test
    void subscribersAreLearned() throws Exception {
        broker().createTopic(topic, 1);
        broker().send(
                        topic,
                        "subscriber:2001:db8:0:100::/56",
                        "{\"subscriber\":\"Haus 7\",\"service-class\":\"residential\"}",
                        "subscriber:2001:db8:0:200::/56",
                        "{\"subscriber\":7}");
        follow();

        Ipv6Address b4 = Ipv6Address.parse("2001:db8:0:100::1");
        assertThat(leases.onControl(() -> subscribers.of(b4)))
                .extracting(Entitlement::subscriber, Entitlement::serviceClass)
                .containsExactly("Haus 7", "residential");
        assertThat(follower().faults())
                .extracting(BindingFollower.Fault::reason)
                .containsExactly("subscriber is no text (expected a name, or no member)");

        broker().send(topic, "subscriber:2001:db8:0:100::/56", null);

        await().until(() -> leases.onControl(() -> subscribers.of(b4)).equals(Entitlement.UNKNOWN));
    }

    @Test
    void aStartWithoutATopicSaysWhatToDo() {
        assertThatThrownBy(() -> BindingFollower.start(
                        settings(Duration.ofSeconds(3)),
                        leases.leases,
                        leases.table,
                        subscribers,
                        leases.control,
                        leases.clock,
                        TestLeases.BR))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("could not be read within 3 s: there is no topic " + topic)
                .hasMessageContaining("or set lwaftr.supporting.kafka");
    }

    @Test
    void settingsThatTheClientCannotUseAreNamed() {
        SupportingSettings.Kafka wrong = new SupportingSettings.Kafka(
                "127.0.0.1:9", topic, Duration.ofSeconds(1), Map.of("security.protocol", "MAGIC"));
        assertThatThrownBy(() -> BindingTopic.open(wrong))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("lwaftr.supporting.kafka")
                .hasMessageContaining("MAGIC");
    }

    @Test
    void whatIsPublishedIsRead() {
        assertThat(BindingTopic.create(settings(Duration.ofSeconds(10)))).isTrue();
        assertThat(BindingTopic.create(settings(Duration.ofSeconds(10)))).isFalse();
        SupportingSettings.Kafka settings = settings(Duration.ofSeconds(10));
        BindingTopic.publish(settings, List.of(new TopicStatement.Held(ONE), new TopicStatement.Held(TWO)));
        BindingTopic.publish(settings, List.of(new TopicStatement.Withdrawn(PublicPorts.of(ONE))));

        assertThat(BindingTopic.read(
                        settings, TestLeases.BR, fault -> assertThat(fault).isNull()))
                .containsExactly(TWO);
    }

    private void follow() {
        follower = BindingFollower.start(
                settings(Duration.ofSeconds(60)),
                leases.leases,
                leases.table,
                subscribers,
                leases.control,
                leases.clock,
                TestLeases.BR);
    }

    private SupportingSettings.Kafka settings(Duration startTimeout) {
        return new SupportingSettings.Kafka(broker().bootstrapServers(), topic, startTimeout, Map.of());
    }

    private BindingFollower follower() {
        return Objects.requireNonNull(follower);
    }

    private static KafkaBroker broker() {
        return Objects.requireNonNull(started);
    }

    private static String key(Binding binding) {
        return PublicPorts.of(binding).toString();
    }

    private static String value(Binding binding) {
        return new String(BindingEntry.toJson(binding), StandardCharsets.UTF_8);
    }
}
