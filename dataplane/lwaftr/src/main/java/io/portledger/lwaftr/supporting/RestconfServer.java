package io.portledger.lwaftr.supporting;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.portledger.lwaftr.supporting.RestconfBindings.Done;
import io.portledger.lwaftr.supporting.RestconfBindings.Precondition;
import io.portledger.lwaftr.supporting.RestconfBindings.Table;
import io.portledger.lwaftr.supporting.RestconfException.Fault;
import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.table.BindInstance;
import io.portledger.softwire.table.BindingEntry;
import io.portledger.softwire.table.BindingTableException;
import io.portledger.softwire.table.JsonBindingReader;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.StreamWriteFeature;
import tools.jackson.core.exc.JacksonIOException;
import tools.jackson.core.json.JsonFactory;

/**
 * A RESTCONF server (RFC 8040) with one bind-instance of {@code ietf-softwire-br} (RFC 8676), in JSON (RFC 7951).
 * {@code docs/conformance/restconf.md} says which part of RFC 8040 it is.
 *
 * <p>Each request has a virtual thread, which ends with the request's time; a bounded number is worked on at once.
 */
public final class RestconfServer implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(RestconfServer.class);

    private static final String JSON = "application/yang-data+json";
    private static final String XRD = "application/xrd+xml";
    private static final String READ = "GET, HEAD, OPTIONS";
    private static final String MODULE = "ietf-softwire-br:";
    private static final String OUR_MODULE = "portledger-softwire";
    private static final DateTimeFormatter HTTP_DATE = DateTimeFormatter.RFC_1123_DATE_TIME.withZone(ZoneOffset.UTC);

    /** The stream is the exchange's to close. */
    private static final JsonFactory FACTORY =
            JsonFactory.builder().disable(StreamWriteFeature.AUTO_CLOSE_TARGET).build();

    private final RestconfSettings settings;
    private final RestconfBindings bindings;
    private final BearerTokens tokens;
    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final ScheduledExecutorService watch = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("restconf-watch").factory());
    private final Semaphore room;
    private final LongAdder refused = new LongAdder();
    private final LongAdder changes = new LongAdder();

    private RestconfServer(
            RestconfSettings settings, RestconfBindings bindings, BearerTokens tokens, HttpServer server) {
        this.settings = settings;
        this.bindings = bindings;
        this.tokens = tokens;
        this.server = server;
        room = new Semaphore(settings.maxRequests());
        server.setExecutor(this::run);
        server.createContext("/", this::handle);
        server.start();
    }

    /**
     * Serves a bind-instance.
     *
     * @return null if the settings want none
     * @throws IllegalArgumentException if the address may not be listened on, or a file is not right
     * @throws IOException if a file cannot be read, or the address cannot be had
     */
    public static @Nullable RestconfServer start(RestconfSettings settings, RestconfBindings bindings)
            throws IOException {
        if (settings.listen() == null) {
            return null;
        }
        InetSocketAddress address = settings.listen().toSocketAddress();
        Path certificate = settings.certificate();
        Path key = settings.key();
        if (address.isUnresolved()) {
            throw new IllegalArgumentException("Invalid value " + settings.listen()
                    + " for key restconf.listen: nobody knows this host (allowed: an address of this machine)");
        }
        if (certificate == null && !address.getAddress().isLoopbackAddress()) {
            throw new IllegalArgumentException("Invalid value " + settings.listen()
                    + " for key restconf.listen: tokens would cross the network in the clear (allowed: a loopback "
                    + "address, or any with restconf.certificate and restconf.key)");
        }
        BearerTokens tokens = BearerTokens.read(Objects.requireNonNull(settings.tokenFile()));
        try {
            HttpServer server;
            if (certificate == null || key == null) {
                server = HttpServer.create(address, 0);
            } else {
                HttpsServer secure = HttpsServer.create(address, 0);
                secure.setHttpsConfigurator(new HttpsConfigurator(TlsIdentity.read(certificate, key)));
                server = secure;
            }
            RestconfServer started = new RestconfServer(settings, bindings, tokens, server);
            log.info("RESTCONF serves bind-instance {} on {}", settings.instance(), started.address());
            return started;
        } catch (IOException e) {
            throw new IOException("Cannot serve RESTCONF on " + settings.listen() + ": " + e.getMessage(), e);
        }
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        return server.getAddress();
    }

    /** How many requests were answered by errors. */
    public long refused() {
        return refused.sum();
    }

    /** How many requests changed bindings. */
    public long changes() {
        return changes.sum();
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
        watch.shutdownNow();
    }

    /** Gives each exchange a thread and ends it with its time, also before its header has come. */
    private void run(Runnable exchange) {
        threads.execute(() -> {
            Thread thread = Thread.currentThread();
            ScheduledFuture<?> end =
                    watch.schedule(thread::interrupt, settings.requestTimeout().toMillis(), TimeUnit.MILLISECONDS);
            try {
                exchange.run();
            } finally {
                end.cancel(false);
            }
        });
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            try {
                if (!tokens.admit(exchange.getRequestHeaders().getFirst("Authorization"))) {
                    throw new RestconfException(
                            401,
                            List.of(new Fault("protocol", "access-denied", "", "a bearer token is needed")),
                            Map.of("WWW-Authenticate", "Bearer realm=\"restconf\""));
                }
                if (!room.tryAcquire()) {
                    throw new RestconfException(
                            503,
                            List.of(new Fault("transport", "resource-denied", "", "too many requests at once")),
                            Map.of("Retry-After", "1"));
                }
                try {
                    new Request(exchange).answer();
                } finally {
                    room.release();
                }
            } catch (RestconfException e) {
                refused.increment();
                tell(exchange, e);
            } catch (UncheckedIOException | JacksonIOException e) {
                log.debug("RESTCONF: {} has gone", exchange.getRemoteAddress(), e);
            } catch (RuntimeException e) {
                refused.increment();
                log.error("RESTCONF: {} {} failed", exchange.getRequestMethod(), exchange.getRequestURI(), e);
                if (exchange.getResponseCode() < 0) {
                    tell(exchange, RestconfException.of(500, "operation-failed", "", "see the log of the lwAFTR"));
                }
            }
        }
    }

    private static void tell(HttpExchange exchange, RestconfException answer) throws IOException {
        answer.headers().forEach(exchange.getResponseHeaders()::set);
        if (exchange.getRequestMethod().equals("HEAD")) {
            exchange.sendResponseHeaders(answer.status(), -1);
            return;
        }
        exchange.getResponseHeaders().set("Content-Type", JSON);
        exchange.sendResponseHeaders(answer.status(), 0);
        try (JsonGenerator json = generator(exchange.getResponseBody())) {
            json.writeStartObject();
            json.writeName("ietf-restconf:errors").writeStartObject();
            json.writeName("error").writeStartArray();
            for (Fault fault : answer.faults()) {
                json.writeStartObject();
                json.writeStringProperty("error-type", fault.type());
                json.writeStringProperty("error-tag", fault.tag());
                if (!fault.path().isEmpty()) {
                    json.writeStringProperty("error-path", fault.path());
                }
                json.writeStringProperty("error-message", fault.message());
                json.writeEndObject();
            }
            json.writeEndArray().writeEndObject().writeEndObject();
        }
    }

    private static JsonGenerator generator(OutputStream out) {
        return FACTORY.createGenerator(ObjectWriteContext.empty(), new BufferedOutputStream(out, 1 << 14));
    }

    /** Writes the value of a member. */
    private interface Content {
        void write(JsonGenerator json) throws RestconfException;
    }

    /** One request, on its own thread. */
    private final class Request {
        private final HttpExchange exchange;
        private final String method;

        Request(HttpExchange exchange) {
            this.exchange = exchange;
            method = exchange.getRequestMethod();
        }

        void answer() throws RestconfException, IOException {
            List<String> path = segments();
            if (path.equals(List.of(".well-known", "host-meta"))) {
                if (isOptions(READ)) {
                    return;
                }
                accept(XRD);
                text(
                        XRD,
                        "<XRD xmlns=\"http://docs.oasis-open.org/ns/xri/xrd-1.0\">"
                                + "<Link rel=\"restconf\" href=\"/restconf\"/></XRD>\n");
                return;
            }
            if (path.isEmpty() || !path.getFirst().equals("restconf")) {
                throw notFound();
            }
            if (path.equals(List.of("restconf", "yang", OUR_MODULE))) {
                if (isOptions(READ)) {
                    return;
                }
                text("application/yang", ourModule());
                return;
            }
            accept(JSON);
            query();
            List<String> below = path.subList(1, path.size());
            if (below.isEmpty() || !below.getFirst().equals("data")) {
                api(below);
            } else {
                data(below.subList(1, below.size()));
            }
        }

        private void api(List<String> path) throws RestconfException, IOException {
            Content content;
            if (path.isEmpty()) {
                content = json -> {
                    json.writeName("ietf-restconf:restconf").writeStartObject();
                    json.writeName("data").writeStartObject().writeEndObject();
                    json.writeName("operations").writeStartObject().writeEndObject();
                    json.writeStringProperty("yang-library-version", YangLibrary.VERSION);
                    json.writeEndObject();
                };
            } else if (path.equals(List.of("operations"))) {
                content = json -> json.writeName("ietf-restconf:operations")
                        .writeStartObject()
                        .writeEndObject();
            } else if (path.equals(List.of("yang-library-version"))) {
                content = json -> json.writeStringProperty("ietf-restconf:yang-library-version", YangLibrary.VERSION);
            } else {
                throw notFound();
            }
            if (isOptions(READ)) {
                return;
            }
            reply(content, null);
        }

        private void data(List<String> path) throws RestconfException, IOException {
            String instance = "bind-instance=" + settings.instance();
            List<String> whole = List.of(MODULE + "br-instances", "binding", instance, "binding-table");
            if (path.equals(List.of("ietf-yang-library:modules-state"))) {
                if (isOptions(READ)) {
                    return;
                }
                reply(YangLibrary::write, null);
            } else if (path.size() < 4 && path.equals(whole.subList(0, path.size()))) {
                if (isOptions(READ)) {
                    return;
                }
                Table table = bindings.table();
                reply(json -> upperLevels(json, path.size(), table), table);
            } else if (path.equals(List.of(MODULE + "br-instances", "binding", instance, "binding-table-versioning"))) {
                if (isOptions(READ)) {
                    return;
                }
                Table table = bindings.version();
                reply(json -> versioning(json, MODULE, table), table);
            } else if (path.equals(whole)) {
                table();
            } else if (path.size() == 5
                    && path.subList(0, 4).equals(whole)
                    && path.get(4).startsWith("binding-entry=")) {
                entry(key(path.get(4).substring("binding-entry=".length())));
            } else if (path.size() > 5 && path.subList(0, 4).equals(whole)) {
                throw RestconfException.of(
                        501, "operation-not-supported", "", "leaves are not resources here; ask for the entry");
            } else {
                throw notFound();
            }
        }

        private void table() throws RestconfException, IOException {
            switch (method) {
                case "GET", "HEAD" -> {
                    Table table = bindings.table();
                    reply(json -> bindingTable(json, MODULE, table), table);
                }
                case "PUT" -> changed(bindings.replaceAll(body(JsonBindingReader.Root.TABLE), precondition()));
                case "PATCH" -> changed(bindings.mergeAll(body(JsonBindingReader.Root.TABLE), precondition()));
                case "DELETE" -> changed(bindings.replaceAll(List.of(), precondition()));
                case "POST" -> {
                    Binding made = bindings.create(single(), precondition());
                    log.info("RESTCONF: {} from {}: {} has {}", method, exchange.getRemoteAddress(), made.b4(), made);
                    exchange.getResponseHeaders().set("Location", location(made.b4()));
                    exchange.getResponseHeaders().set("ETag", RestconfBindings.entityTag(made));
                    changes.increment();
                    exchange.sendResponseHeaders(201, -1);
                }
                default -> isOptions("GET, HEAD, OPTIONS, PUT, PATCH, POST, DELETE");
            }
        }

        private void entry(Ipv6Address b4) throws RestconfException, IOException {
            switch (method) {
                case "GET", "HEAD" -> {
                    Binding binding = bindings.entry(b4)
                            .orElseThrow(() -> RestconfException.of(
                                    404, "invalid-value", bindings.path(b4), "there is no entry of " + b4));
                    String tag = RestconfBindings.entityTag(binding);
                    exchange.getResponseHeaders().set("ETag", tag);
                    if (isKnown(tag)) {
                        return;
                    }
                    reply(
                            json -> {
                                json.writeName(MODULE + "binding-entry").writeStartArray();
                                BindingEntry.write(json, binding);
                                json.writeEndArray();
                            },
                            null);
                }
                case "PUT" -> {
                    Done done = bindings.put(b4, single(), precondition());
                    if (done.isCreated()) {
                        exchange.getResponseHeaders().set("Location", location(b4));
                    }
                    changed(done);
                }
                case "PATCH" -> changed(bindings.patch(b4, single(), precondition()));
                case "DELETE" -> changed(bindings.remove(b4, precondition()));
                default -> isOptions("GET, HEAD, OPTIONS, PUT, PATCH, DELETE");
            }
        }

        /**
         * Answers OPTIONS, and refuses what is not among {@code methods}.
         *
         * @return whether it was OPTIONS
         */
        private boolean isOptions(String methods) throws RestconfException, IOException {
            if (method.equals("OPTIONS")) {
                exchange.getResponseHeaders().set("Allow", methods);
                if (methods.contains("PATCH")) {
                    exchange.getResponseHeaders().set("Accept-Patch", JSON);
                }
                exchange.sendResponseHeaders(200, -1);
                return true;
            }
            if (!List.of(methods.split(", ", -1)).contains(method)) {
                throw new RestconfException(
                        405,
                        List.of(new Fault(
                                "protocol", "operation-not-supported", "", method + " is not for this resource")),
                        Map.of("Allow", methods));
            }
            return false;
        }

        private void changed(Done done) throws IOException {
            changes.increment();
            log.info(
                    "RESTCONF: {} {} from {}: {} bindings put, {} withdrawn",
                    method,
                    exchange.getRequestURI().getRawPath(),
                    exchange.getRemoteAddress(),
                    done.put(),
                    done.withdrawn());
            if (!method.equals("DELETE")) {
                exchange.getResponseHeaders().set("ETag", done.entityTag());
            }
            exchange.getResponseHeaders().set("Last-Modified", HTTP_DATE.format(done.date()));
            exchange.sendResponseHeaders(done.isCreated() ? 201 : 204, -1);
        }

        /** Answers with an object; {@code table} has its entity tag, if it has one. */
        private void reply(Content content, @Nullable Table table) throws RestconfException, IOException {
            if (table != null) {
                exchange.getResponseHeaders().set("ETag", table.entityTag());
                exchange.getResponseHeaders().set("Last-Modified", HTTP_DATE.format(table.date()));
                if (isKnown(table.entityTag())) {
                    return;
                }
            }
            exchange.getResponseHeaders().set("Content-Type", JSON);
            exchange.getResponseHeaders().set("Cache-Control", "no-cache");
            if (method.equals("HEAD")) {
                exchange.sendResponseHeaders(200, -1);
                return;
            }
            exchange.sendResponseHeaders(200, 0);
            try (JsonGenerator json = generator(exchange.getResponseBody())) {
                json.writeStartObject();
                content.write(json);
                json.writeEndObject();
                json.writeRaw('\n');
            }
        }

        private void text(String type, String text) throws IOException {
            byte[] octets = text.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", type);
            exchange.sendResponseHeaders(200, method.equals("HEAD") ? -1 : octets.length);
            if (!method.equals("HEAD")) {
                exchange.getResponseBody().write(octets);
            }
        }

        /** Answers 304 to somebody who has it already. */
        private boolean isKnown(String entityTag) throws IOException {
            String known = exchange.getRequestHeaders().getFirst("If-None-Match");
            if (known == null || !RestconfBindings.names(known, entityTag)) {
                return false;
            }
            exchange.sendResponseHeaders(304, -1);
            return true;
        }

        private Precondition precondition() {
            return new Precondition(
                    exchange.getRequestHeaders().getFirst("If-Match"),
                    exchange.getRequestHeaders().getFirst("If-None-Match"),
                    date("If-Unmodified-Since"));
        }

        /** RFC 9110 §13.1.4: a date that is none is ignored. */
        private @Nullable Instant date(String field) {
            String text = exchange.getRequestHeaders().getFirst(field);
            try {
                return text == null ? null : Instant.from(HTTP_DATE.parse(text));
            } catch (DateTimeException e) {
                return null;
            }
        }

        private BindingEntry single() throws RestconfException {
            List<BindingEntry> entries = body(JsonBindingReader.Root.ENTRIES);
            if (entries.size() != 1) {
                throw RestconfException.of(
                        400, "malformed-message", "", entries.size() + " entries (expected one binding-entry)");
            }
            return entries.getFirst();
        }

        private List<BindingEntry> body(JsonBindingReader.Root root) throws RestconfException {
            String type = exchange.getRequestHeaders().getFirst("Content-Type");
            if (type == null || !JSON.equals(mediaType(type))) {
                throw RestconfException.of(415, "operation-not-supported", "", "Content-Type is not " + JSON);
            }
            List<BindingEntry> entries = new ArrayList<>();
            Limited in = new Limited(exchange.getRequestBody(), settings.maxBodyOctets());
            try {
                JsonBindingReader.readEntries(in, root, entries::add);
            } catch (BindingTableException e) {
                if (in.isExceeded()) {
                    throw tooBig();
                }
                throw RestconfException.of(
                        400, "malformed-message", bindings.tablePath(), String.valueOf(e.getMessage()));
            } catch (UncheckedIOException e) {
                if (in.isExceeded()) {
                    throw tooBig();
                }
                throw e;
            }
            return entries;
        }

        private RestconfException tooBig() {
            return RestconfException.of(
                    413,
                    "too-big",
                    "",
                    "the body is longer than " + settings.maxBodyOctets()
                            + " octets; change fewer entries at once, or set lwaftr.restconf.max-body-octets");
        }

        private void accept(String type) throws RestconfException {
            List<String> accepted = exchange.getRequestHeaders().get("Accept");
            if (accepted == null) {
                return;
            }
            for (String field : accepted) {
                for (String range : field.split(",", -1)) {
                    String wanted = mediaType(range);
                    if (wanted.equals("*/*") || wanted.equals("application/*") || wanted.equals(type)) {
                        return;
                    }
                }
            }
            throw RestconfException.of(406, "invalid-value", "", "this resource comes as " + type + " only");
        }

        /** Everything that may be asked for is what comes anyway. */
        private void query() throws RestconfException {
            String query = exchange.getRequestURI().getRawQuery();
            if (query == null || query.isEmpty()) {
                return;
            }
            for (String parameter : query.split("&", -1)) {
                if (!List.of("content=config", "content=all", "depth=unbounded").contains(parameter)
                        || !(method.equals("GET") || method.equals("HEAD"))) {
                    throw RestconfException.of(
                            400,
                            "invalid-value",
                            "",
                            "query parameter " + parameter
                                    + " is not supported (allowed, in GET: content=config, content=all, depth=unbounded)");
                }
            }
        }

        private List<String> segments() throws RestconfException {
            String path = exchange.getRequestURI().getRawPath();
            String trimmed = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
            if (trimmed.isEmpty()) {
                return List.of();
            }
            List<String> segments = new ArrayList<>();
            for (String segment : trimmed.substring(1).split("/", -1)) {
                segments.add(PercentEncoding.decode(segment));
            }
            return segments;
        }

        private Ipv6Address key(String text) throws RestconfException {
            try {
                return Ipv6Address.parse(text);
            } catch (IllegalArgumentException e) {
                throw RestconfException.of(
                        400,
                        "invalid-value",
                        "",
                        "key \"" + text + "\" is no IPv6 address; entries are kept under the softwire address, all 128 "
                                + "bits, also if they were written with a prefix");
            }
        }

        private String location(Ipv6Address b4) {
            String host = exchange.getRequestHeaders().getFirst("Host");
            String scheme = server instanceof HttpsServer ? "https" : "http";
            return (host == null ? "" : scheme + "://" + host) + "/restconf/data/" + MODULE
                    + "br-instances/binding/bind-instance=" + encode(settings.instance())
                    + "/binding-table/binding-entry=" + encode(b4.toString());
        }

        private RestconfException notFound() {
            return RestconfException.of(404, "invalid-value", "", "there is no such resource");
        }
    }

    private static String mediaType(String field) {
        int end = field.indexOf(';');
        return (end < 0 ? field : field.substring(0, end)).strip().toLowerCase(Locale.ROOT);
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private static String ourModule() throws IOException {
        try (InputStream in = RestconfServer.class.getResourceAsStream("/yang/" + OUR_MODULE + ".yang")) {
            return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /** The data tree from level {@code depth} on: 0 is the datastore, 3 the instance. */
    private void upperLevels(JsonGenerator json, int depth, Table table) {
        switch (depth) {
            case 0 -> {
                json.writeName("ietf-restconf:data").writeStartObject();
                upperLevels(json, 1, table);
                json.writeEndObject();
            }
            case 1 -> {
                json.writeName(MODULE + "br-instances").writeStartObject();
                json.writeName("binding").writeStartObject();
                instances(json, "", table);
                json.writeEndObject();
                json.writeEndObject();
            }
            case 2 -> {
                json.writeName(MODULE + "binding").writeStartObject();
                instances(json, "", table);
                json.writeEndObject();
            }
            default -> instances(json, MODULE, table);
        }
    }

    private void instances(JsonGenerator json, String prefix, Table table) {
        BindInstance instance = bindings.instance();
        json.writeName(prefix + "bind-instance").writeStartArray();
        json.writeStartObject();
        json.writeStringProperty("name", instance.name());
        versioning(json, "", table);
        json.writeNumberProperty("softwire-num-max", instance.softwireNumMax());
        json.writeNumberProperty("softwire-payload-mtu", instance.softwirePayloadMtu());
        json.writeNumberProperty("softwire-path-mru", instance.softwirePathMru());
        Boolean hairpinning = instance.enableHairpinning();
        if (hairpinning != null) {
            json.writeBooleanProperty("enable-hairpinning", hairpinning);
        }
        bindingTable(json, "", table);
        BindInstance.IcmpPolicy icmp = instance.icmpPolicy();
        if (icmp != null) {
            json.writeName("icmp-policy").writeStartObject();
            json.writeName("icmpv4-errors").writeStartObject();
            icmp(json, "allow-incoming-icmpv4", icmp.allowIncomingIcmpv4());
            icmp(json, "generate-icmpv4-errors", icmp.generateIcmpv4Errors());
            json.writeEndObject();
            json.writeName("icmpv6-errors").writeStartObject();
            icmp(json, "generate-icmpv6-errors", icmp.generateIcmpv6Errors());
            Long rate = icmp.icmpv6Rate();
            if (rate != null) {
                json.writeNumberProperty("icmpv6-rate", rate);
            }
            json.writeEndObject();
            json.writeEndObject();
        }
        json.writeEndObject();
        json.writeEndArray();
    }

    private static void icmp(JsonGenerator json, String leaf, @Nullable Boolean value) {
        if (value != null) {
            json.writeBooleanProperty(leaf, value);
        }
    }

    private static void versioning(JsonGenerator json, String prefix, Table table) {
        json.writeName(prefix + "binding-table-versioning").writeStartObject();
        json.writeStringProperty("version", Long.toUnsignedString(table.version()));
        json.writeStringProperty("date", table.date().toString());
        json.writeEndObject();
    }

    private static void bindingTable(JsonGenerator json, String prefix, Table table) {
        json.writeName(prefix + "binding-table").writeStartObject();
        json.writeName("binding-entry").writeStartArray();
        for (Binding binding : table.bindings()) {
            BindingEntry.write(json, binding);
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    /** Breaks off behind so many octets. */
    private static final class Limited extends InputStream {
        private final InputStream in;
        private long left;
        private boolean isExceeded;

        Limited(InputStream in, long octets) {
            this.in = in;
            left = octets;
        }

        boolean isExceeded() {
            return isExceeded;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            int read = in.read(target, offset, (int) Math.min(length, left + 1));
            if (read > left) {
                isExceeded = true;
                throw new IOException("too long");
            }
            left -= Math.max(read, 0);
            return read;
        }
    }
}
