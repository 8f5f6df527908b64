package io.portledger.lwaftr.supporting;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** What a server proves by TLS who it is with. */
final class TlsIdentity {

    private static final String BEGIN = "-----BEGIN PRIVATE KEY-----";
    private static final String END = "-----END PRIVATE KEY-----";

    private TlsIdentity() {}

    /**
     * Reads a certificate chain and its key from PEM files.
     *
     * @throws IllegalArgumentException if they are not what they should be
     * @throws IOException if they cannot be read
     */
    static SSLContext read(Path certificate, Path key) throws IOException {
        try (InputStream in = Files.newInputStream(certificate)) {
            Collection<? extends Certificate> chain =
                    CertificateFactory.getInstance("X.509").generateCertificates(in);
            if (chain.isEmpty()) {
                throw new IllegalArgumentException("Invalid value " + certificate
                        + " for key certificate: no certificate is in it (allowed: PEM)");
            }
            char[] none = {};
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, none);
            store.setKeyEntry("server", privateKey(key), none, chain.toArray(new Certificate[0]));
            KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(store, none);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), null, new SecureRandom());
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException(
                    "Invalid value " + certificate + " for key certificate: " + e.getMessage()
                            + " (allowed: PEM, the server's certificate first, and its private key in key)",
                    e);
        }
    }

    private static PrivateKey privateKey(Path file) throws IOException, GeneralSecurityException {
        String text = Files.readString(file);
        int begin = text.indexOf(BEGIN);
        int end = text.indexOf(END);
        if (begin < 0 || end < begin) {
            throw notAKey(file, "it has no line " + BEGIN);
        }
        byte[] encoded;
        try {
            encoded = Base64.getMimeDecoder().decode(text.substring(begin + BEGIN.length(), end));
        } catch (IllegalArgumentException e) {
            throw notAKey(file, "it is not Base64");
        }
        for (String algorithm : List.of("EC", "RSA", "EdDSA")) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(encoded));
            } catch (InvalidKeySpecException e) {
                // of another kind
            }
        }
        throw notAKey(file, "it is of no kind that is known: EC, RSA, EdDSA");
    }

    private static IllegalArgumentException notAKey(Path file, String reason) {
        return new IllegalArgumentException(
                "Invalid value " + file + " for key key: " + reason
                        + " (allowed: a private key without a password in PKCS #8, as \"openssl pkcs8 -topk8 -nodes\" writes it)");
    }
}
