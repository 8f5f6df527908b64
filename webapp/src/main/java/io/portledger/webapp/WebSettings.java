package io.portledger.webapp;

import io.portledger.webapp.security.Role;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
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
 * @param cases by what rights questions are asked
 * @param rateLimit how fast programs may ask
 */
@ConfigurationProperties("portledger")
public record WebSettings(
        URI elasticsearch,
        Path dataDirectory,
        Duration maxTolerance,
        SignIn signIn,
        @DefaultValue Periods retention,
        @DefaultValue Cases cases,
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

    /**
     * By what rights questions are asked.
     *
     * @param legalBases what a case may be opened by
     * @param fourEyes roles whose cases a second person has to approve
     */
    public record Cases(
            @DefaultValue({
                "Court order",
                "Request of an authority",
                "Danger to life",
                "Consent of the subscriber",
                "Abuse of the network",
                "Network operations"
            })
            List<String> legalBases,

            @DefaultValue Set<Role> fourEyes) {

        /** Keeps copies. */
        public Cases {
            legalBases = List.copyOf(legalBases);
            fourEyes = Set.copyOf(fourEyes);
        }
    }
}
