package io.portledger.collector;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * TLS of the listeners; collector-defaults.yaml explains each.
 *
 * @param certificate PEM file with the collector's certificate and those that it was issued by
 * @param key PEM file with its private key in PKCS #8, without a password
 * @param trusted PEM file with the certificates that exporters' certificates are to be issued by
 * @param clientAuthentication whether exporters need a certificate
 */
public record TlsSettings(
        @Nullable Path certificate,
        @Nullable Path key,
        @Nullable Path trusted,
        ClientAuthentication clientAuthentication) {

    /** Whether exporters need a certificate. */
    public enum ClientAuthentication {
        /** Each needs one (RFC 7011 §11.3). */
        REQUIRED,
        /** None is asked for one: whoever reaches the port is believed. */
        NONE
    }

    boolean isComplete() {
        return certificate != null
                && key != null
                && (trusted != null || clientAuthentication == ClientAuthentication.NONE);
    }
}
