package io.portledger.standalone;

import io.portledger.softwire.Binding;
import io.portledger.softwire.table.BindingDiff;
import io.portledger.softwire.table.BindingEntry;
import io.portledger.softwire.table.BindingTableException;
import io.portledger.softwire.table.JsonBindingReader;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The binding table of a running lwAFTR, by RESTCONF (RFC 8040). It is replaced whole, and only if it did not change. */
final class RestconfTable implements RunningTable.Opened {

    private static final String JSON = "application/yang-data+json";
    private static final Duration TIMEOUT = Duration.ofMinutes(5);

    private final HttpClient http;
    private final URI table;
    private final String token;
    private final List<Binding> bindings = new ArrayList<>();
    private String entityTag = "";

    private RestconfTable(HttpClient http, URI table, String token) {
        this.http = http;
        this.table = table;
        this.token = token;
    }

    /**
     * Reads the table.
     *
     * @param ca PEM file of what to trust; null: what this system trusts
     * @throws IOException with a message for the user
     */
    static RestconfTable open(URI lwaftr, Path tokenFile, @Nullable Path ca, String instance)
            throws IOException, InterruptedException {
        String scheme = lwaftr.getScheme() == null ? "" : lwaftr.getScheme().toLowerCase(Locale.ROOT);
        boolean isLoopback = lwaftr.getHost() != null
                && InetAddress.getByName(lwaftr.getHost()).isLoopbackAddress();
        if (lwaftr.getHost() == null || !(scheme.equals("https") || (scheme.equals("http") && isLoopback))) {
            throw new IOException(
                    lwaftr + " is no address of an lwAFTR (allowed: https://HOST:PORT, or http://HOST:PORT "
                            + "on this machine)");
        }
        String token = Files.readAllLines(tokenFile).stream()
                .map(String::strip)
                .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                .findFirst()
                .orElseThrow(() -> new IOException(tokenFile + " has no token"));
        HttpClient.Builder client =
                HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).version(HttpClient.Version.HTTP_1_1);
        if (ca != null) {
            client.sslContext(trusting(ca));
        }
        URI table = lwaftr.resolve("/restconf/data/ietf-softwire-br:br-instances/binding/bind-instance="
                + URLEncoder.encode(instance, StandardCharsets.UTF_8).replace("+", "%20") + "/binding-table");
        RestconfTable opened = new RestconfTable(client.build(), table, token);
        try {
            opened.read();
            return opened;
        } catch (IOException | InterruptedException | RuntimeException e) {
            opened.close();
            throw e;
        }
    }

    @Override
    public String name() {
        return table.getScheme() + "://" + table.getAuthority();
    }

    @Override
    public List<Binding> bindings() {
        return bindings;
    }

    @Override
    public void become(List<Binding> wanted, List<BindingDiff.Change> changes)
            throws IOException, InterruptedException {
        Path body = Files.createTempFile("bindings", ".json");
        try {
            try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(body));
                    JsonGenerator json = new JsonFactory().createGenerator(ObjectWriteContext.empty(), out)) {
                json.writeStartObject();
                json.writeName("ietf-softwire-br:binding-table").writeStartObject();
                json.writeName("binding-entry").writeStartArray();
                for (Binding binding : wanted) {
                    requireYang(binding);
                    BindingEntry.write(json, binding);
                }
                json.writeEndArray().writeEndObject().writeEndObject();
            }
            HttpResponse<InputStream> response = send(request()
                    .header("Content-Type", JSON)
                    .header("If-Match", entityTag)
                    .PUT(HttpRequest.BodyPublishers.ofFile(body)));
            try (InputStream answer = response.body()) {
                if (response.statusCode() == 412) {
                    throw new IOException("somebody else changed the table of " + name()
                            + " meanwhile, so nothing was done; run this again");
                }
                require(response.statusCode(), 204, answer);
            }
        } finally {
            Files.delete(body);
        }
    }

    @Override
    public void close() {
        http.close();
    }

    private static void requireYang(Binding binding) throws IOException {
        try {
            binding.ports().requireYang();
        } catch (IllegalArgumentException e) {
            throw new IOException("the binding of " + binding.b4() + ": " + e.getMessage(), e);
        }
    }

    private void read() throws IOException, InterruptedException {
        HttpResponse<InputStream> response = send(request().GET());
        try (InputStream answer = response.body()) {
            require(response.statusCode(), 200, answer);
            entityTag = response.headers().firstValue("ETag").orElse("*");
            JsonBindingReader.readEntries(
                    answer, JsonBindingReader.Root.TABLE, entry -> bindings.add(entry.toBinding(null)));
        } catch (BindingTableException | IllegalArgumentException e) {
            throw new IOException("what " + name() + " answers is no binding table: " + e.getMessage(), e);
        }
    }

    private HttpRequest.Builder request() {
        return HttpRequest.newBuilder(table)
                .timeout(TIMEOUT)
                .header("Accept", JSON)
                .header("Authorization", "Bearer " + token);
    }

    private HttpResponse<InputStream> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        try {
            return http.send(request.build(), BodyHandlers.ofInputStream());
        } catch (IOException e) {
            throw new IOException("no answer from " + name() + ": " + (e.getMessage() == null ? e : e.getMessage()), e);
        }
    }

    private void require(int status, int expected, InputStream answer) throws IOException {
        if (status == expected) {
            return;
        }
        StringBuilder message = new StringBuilder(name() + " refuses (" + status + ")");
        try {
            JsonNode errors = new JsonMapper()
                    .readTree(answer.readAllBytes())
                    .path("ietf-restconf:errors")
                    .path("error");
            for (JsonNode error : errors) {
                message.append(errors.size() == 1 ? ": " : "\n  ")
                        .append(error.path("error-message").asString(""));
            }
        } catch (JacksonException e) {
            message.append(": its answer is not JSON");
        }
        throw new IOException(message.toString());
    }

    private static SSLContext trusting(Path ca) throws IOException {
        try (InputStream in = Files.newInputStream(ca)) {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            int number = 0;
            for (Certificate each : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                store.setCertificateEntry("ca" + number++, each);
            }
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(store);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IOException(ca + " has no certificates in PEM: " + e.getMessage(), e);
        }
    }
}
