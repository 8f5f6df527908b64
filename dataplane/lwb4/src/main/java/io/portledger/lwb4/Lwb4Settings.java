package io.portledger.lwb4;

import io.portledger.lwb4.softwire.SoftwireSettings;
import io.portledger.settings.HostPort;
import io.portledger.settings.Settings;
import io.portledger.settings.SettingsException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The settings of an lwB4: what stands under the key {@code lwb4}. {@code lwb4-defaults.yaml} explains each key.
 *
 * @param pcpServer the lwAFTR's PCP server
 * @param lifetime what is asked for, in whole seconds
 * @param learnFurtherRanges whether the further ranges of a scattered port set are asked for
 * @param softwire through which packets are forwarded
 */
public record Lwb4Settings(
        HostPort pcpServer, Duration lifetime, boolean learnFurtherRanges, SoftwireSettings softwire) {

    /** @throws IllegalArgumentException naming the key and what it allows */
    public Lwb4Settings {
        if (lifetime.toSeconds() < 1 || lifetime.toSeconds() > 0xffff_ffffL) {
            throw new IllegalArgumentException(
                    "Invalid value " + lifetime + " for key lifetime: out of range (allowed: 1s to 4294967295s)");
        }
    }

    private record WholeFile(Lwb4Settings lwb4) {}

    /**
     * Reads the settings: defaults, file, environment.
     *
     * @param file null for none
     * @throws SettingsException with a message for the operator
     */
    public static Lwb4Settings read(@Nullable Path file, Map<String, String> environment) {
        return Settings.read(WholeFile.class, "lwb4-defaults.yaml", file, environment)
                .lwb4();
    }
}
