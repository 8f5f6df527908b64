package io.portledger.lwaftr.radius;

import io.portledger.lwaftr.radius.RadiusSettings.Coa;
import io.portledger.lwaftr.radius.RadiusSettings.OnUnavailable;
import io.portledger.lwaftr.radius.RadiusSettings.Password;
import java.time.Duration;
import java.util.List;

/** Settings whose servers are the test's own. */
final class TestSettings {

    private TestSettings() {}

    static RadiusSettings radius(Password password, OnUnavailable onUnavailable, int queueRecords) {
        return new RadiusSettings(
                List.of(),
                List.of(),
                Duration.ofSeconds(1),
                2,
                Duration.ofMillis(100),
                100,
                "lwaftr1",
                "{b4}",
                password,
                null,
                true,
                onUnavailable,
                Duration.ofMinutes(10),
                queueRecords,
                new Coa(null, List.of(), true, Duration.ofMinutes(5), 100));
    }
}
