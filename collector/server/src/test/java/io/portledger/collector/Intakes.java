package io.portledger.collector;

import java.time.InstantSource;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** IPFIX intakes for tests, whose gap margin is two seconds. */
final class Intakes {

    private Intakes() {}

    /** The collector's defaults but for these keys of {@code collector.ipfix}, with their values. */
    static IpfixSettings settings(Map<String, String> keys) {
        Map<String, String> environment = new HashMap<>();
        keys.forEach((key, value) -> environment.put(
                "PORTLEDGER_COLLECTOR_IPFIX_" + key.toUpperCase(Locale.ROOT).replace('-', '_'), value));
        return CollectorSettings.read(null, environment).ipfix();
    }

    /** An intake whose records go to {@code kafka}, and that forgives clocks a day's difference. */
    static IpfixIntake of(IpfixSettings settings, KafkaInMemory kafka, InstantSource clock) {
        return of(settings, kafka, clock, new SkewWatch(kafka.gapBoard, 86_400_000, 0), OptionalLong.empty(), null);
    }

    static IpfixIntake of(
            IpfixSettings settings,
            KafkaInMemory kafka,
            InstantSource clock,
            SkewWatch skewWatch,
            OptionalLong collectedUntilMillis,
            @Nullable TemplateKeeper keeper) {
        return new IpfixIntake(
                settings,
                32473,
                clock,
                kafka.outbox,
                kafka.gapBoard,
                skewWatch,
                kafka.tally,
                2000,
                collectedUntilMillis,
                keeper);
    }
}
