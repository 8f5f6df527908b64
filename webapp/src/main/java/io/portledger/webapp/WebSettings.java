package io.portledger.webapp;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * The settings under {@code portledger}; {@code application.yaml} documents each with its default.
 *
 * @param elasticsearch where the ledger is stored
 * @param dataDirectory users, tokens and the audit log
 * @param maxTolerance the widest window a question may ask about, either way
 * @param signIn limits against guessing of passwords
 */
@ConfigurationProperties("portledger")
public record WebSettings(URI elasticsearch, Path dataDirectory, Duration maxTolerance, SignIn signIn) {

    /**
     * Limits against guessing of passwords.
     *
     * @param freeFailures failures of one name from one address that cost nothing
     * @param firstDelay how long further tries are refused after the next failure; doubles with each one after that
     * @param maxDelay the longest such time
     */
    public record SignIn(int freeFailures, Duration firstDelay, Duration maxDelay) {}
}
