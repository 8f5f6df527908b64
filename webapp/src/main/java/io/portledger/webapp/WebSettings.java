package io.portledger.webapp;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The settings under {@code portledger}; {@code application.yaml} documents each with its default.
 *
 * @param elasticsearch where the ledger is stored
 * @param dataDirectory users, tokens and the audit log
 * @param maxTolerance the widest window a question may ask about, either way
 * @param signIn limits against guessing of passwords
 * @param retention how long what is kept
 * @param rateLimit how fast programs may ask
 */
@ConfigurationProperties("portledger")
public record WebSettings(
        URI elasticsearch,
        Path dataDirectory,
        Duration maxTolerance,
        SignIn signIn,
        @DefaultValue Periods retention,
        RateLimit rateLimit) {

    /**
     * How fast a token, or a user who comes with a password, may call the REST interface.
     *
     * @param perSecond requests in a second in the long run, above 0
     * @param burst requests at once after a rest, 1 and more
     */
    public record RateLimit(double perSecond, int burst) {}

    /**
     * Limits against guessing of passwords.
     *
     * @param freeFailures failures of one name from one address that cost nothing
     * @param firstDelay how long further tries are refused after the next failure; doubles with each one after that
     * @param maxDelay the longest such time
     */
    public record SignIn(int freeFailures, Duration firstDelay, Duration maxDelay) {}

    /**
     * How long what is kept; null is for ever.
     *
     * @param bindings intervals of bindings after their end
     * @param sessions intervals of mappings and sessions of NATs after their end
     * @param usage accounts and activity
     * @param findings findings
     */
    public record Periods(
            @Nullable Duration bindings,
            @Nullable Duration sessions,
            @Nullable Duration usage,
            @Nullable Duration findings) {}
}
