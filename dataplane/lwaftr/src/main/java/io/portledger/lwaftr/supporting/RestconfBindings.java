package io.portledger.lwaftr.supporting;

import io.portledger.lwaftr.provisioning.Assignment;
import io.portledger.lwaftr.provisioning.Conflict;
import io.portledger.lwaftr.provisioning.Lease;
import io.portledger.lwaftr.provisioning.LeaseTable;
import io.portledger.lwaftr.provisioning.Origin;
import io.portledger.lwaftr.supporting.RestconfException.Fault;
import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PublicPorts;
import io.portledger.softwire.table.BindInstance;
import io.portledger.softwire.table.BindingEntry;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * The bind-instance that the supporting system writes by RESTCONF: the bindings of {@link Origin#RESTCONF}, one for each
 * lwB4. Bindings that came by other ways are not in it, and stand in the way of those that would have the same ports.
 *
 * <p>Any thread may call; what is done is done on the control thread, is in the journal before a method returns, and
 * either all of a change is done or nothing. Its version is that of {@code binding-table-versioning}: it grows with each
 * change, also over restarts.
 */
public final class RestconfBindings {

    private final LeaseTable leases;
    private final Executor control;
    private final InstantSource clock;
    private final Ipv6Address br;
    private final BindInstance instance;

    // Of the control thread.
    private long version;
    private Instant date;

    /**
     * What must hold for a request to be done, RFC 9110 §13.1. Null or empty: nothing.
     *
     * @param ifMatch entity tags, or *
     * @param ifNoneMatch entity tags, or *
     */
    record Precondition(
            @Nullable String ifMatch,
            @Nullable String ifNoneMatch,
            @Nullable Instant ifUnmodifiedSince) {

        static final Precondition NONE = new Precondition(null, null, null);
    }

    /**
     * The table as it was at one instant.
     *
     * @param version of binding-table-versioning
     * @param date of it
     */
    record Table(long version, Instant date, List<Binding> bindings) {

        String entityTag() {
            return "\"" + Long.toHexString(version) + "\"";
        }
    }

    /**
     * A change that was made.
     *
     * @param isCreated whether the resource was not there before
     * @param entityTag of the resource now
     * @param date when the table changed last
     * @param put how many bindings are new or different
     * @param withdrawn how many are gone
     */
    record Done(boolean isCreated, String entityTag, Instant date, int put, int withdrawn) {}

    /**
     * The instance over a lease table.
     *
     * @param control the thread of {@code leases}
     * @param br the BR address of entries that name none
     * @param instance what the instance holds beside its table
     */
    public RestconfBindings(
            LeaseTable leases, Executor control, InstantSource clock, Ipv6Address br, BindInstance instance) {
        this.leases = leases;
        this.control = control;
        this.clock = clock;
        this.br = br;
        this.instance = instance;
        date = clock.instant().truncatedTo(ChronoUnit.MILLIS);
        version = date.toEpochMilli();
    }

    /** What the instance holds beside its table; its version is not kept up. */
    BindInstance instance() {
        return instance;
    }

    /** The whole table. */
    Table table() throws RestconfException {
        return onControl(() -> {
            List<Binding> bindings = new ArrayList<>();
            leases.forEachAssigned(assigned -> {
                if (assigned.origin() == Origin.RESTCONF) {
                    bindings.add(assigned.binding());
                }
            });
            return new Table(version, date, bindings);
        });
    }

    /** The table without its bindings. */
    Table version() throws RestconfException {
        return onControl(() -> new Table(version, date, List.of()));
    }

    /** The entry of an lwB4. */
    Optional<Binding> entry(Ipv6Address b4) throws RestconfException {
        return onControl(() -> present(b4));
    }

    /** Makes the table what {@code entries} say, and nothing else. */
    Done replaceAll(List<BindingEntry> entries, Precondition precondition) throws RestconfException {
        Map<Ipv6Address, Optional<Binding>> wanted = complete(entries);
        return onControl(() -> {
            require(precondition, tableTag());
            leases.forEachAssigned(assigned -> {
                if (assigned.origin() == Origin.RESTCONF) {
                    wanted.putIfAbsent(assigned.binding().b4(), Optional.empty());
                }
            });
            return edit(wanted, false, null);
        });
    }

    /** Changes the entries that are there and adds the others. */
    Done mergeAll(List<BindingEntry> entries, Precondition precondition) throws RestconfException {
        return onControl(() -> {
            require(precondition, tableTag());
            List<BindingEntry> merged = new ArrayList<>(entries.size());
            for (BindingEntry entry : entries) {
                Ipv6Address b4 = entry.address();
                Optional<Binding> present = b4 == null ? Optional.empty() : present(b4);
                merged.add(present.map(binding -> entry.over(BindingEntry.of(binding)))
                        .orElse(entry));
            }
            return edit(complete(merged), false, null);
        });
    }

    /** Adds an entry that must not be there. */
    Binding create(BindingEntry entry, Precondition precondition) throws RestconfException {
        Binding binding = complete(entry);
        return onControl(() -> {
            require(precondition, tableTag());
            if (present(binding.b4()).isPresent()) {
                throw RestconfException.of(
                        409, "data-exists", path(binding.b4()), "there is an entry of " + binding.b4() + " already");
            }
            edit(Map.of(binding.b4(), Optional.of(binding)), true, binding.b4());
            return binding;
        });
    }

    /** Makes the entry of an lwB4 what {@code entry} says. */
    Done put(Ipv6Address b4, BindingEntry entry, Precondition precondition) throws RestconfException {
        Binding binding = complete(entry);
        if (!binding.b4().equals(b4)) {
            throw RestconfException.of(
                    400,
                    "invalid-value",
                    path(b4),
                    "the entry is of " + binding.b4() + ", but the resource is of " + b4);
        }
        return onControl(() -> {
            Optional<Binding> present = present(b4);
            require(precondition, present.map(RestconfBindings::entityTag).orElse(null));
            return edit(Map.of(b4, Optional.of(binding)), present.isEmpty(), b4);
        });
    }

    /** Changes those leaves of an entry that {@code change} has. */
    Done patch(Ipv6Address b4, BindingEntry change, Precondition precondition) throws RestconfException {
        if (!b4.equals(change.address())) {
            throw RestconfException.of(
                    400,
                    "invalid-value",
                    path(b4),
                    "the entry is of " + change.info() + ", but the resource is of " + b4);
        }
        return onControl(() -> {
            Binding present = existing(b4);
            require(precondition, entityTag(present));
            Binding binding = complete(change.over(BindingEntry.of(present)));
            return edit(Map.of(b4, Optional.of(binding)), false, b4);
        });
    }

    /** Withdraws the binding of an lwB4. */
    Done remove(Ipv6Address b4, Precondition precondition) throws RestconfException {
        return onControl(() -> {
            require(precondition, entityTag(existing(b4)));
            return edit(Map.of(b4, Optional.empty()), false, null);
        });
    }

    /** The instance identifier of an entry, RFC 7951 §6.11. */
    String path(Ipv6Address b4) {
        return tablePath() + "/binding-entry[binding-ipv6info='" + b4 + "']";
    }

    /** The instance identifier of the table. */
    String tablePath() {
        String quote = instance.name().indexOf('\'') < 0 ? "'" : "\"";
        return "/ietf-softwire-br:br-instances/binding/bind-instance[name=" + quote + instance.name() + quote
                + "]/binding-table";
    }

    /** What changes whenever the entry does. */
    static String entityTag(Binding binding) {
        try {
            String text =
                    PublicPorts.of(binding) + " " + binding.b4() + " " + binding.br() + " " + binding.subscriber();
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return "\"" + HexFormat.of().formatHex(digest, 0, 12) + "\"";
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** Whether a header field names an entity tag; null: the resource is not there. */
    static boolean names(String field, @Nullable String entityTag) {
        if (entityTag == null) {
            return false;
        }
        if (field.strip().equals("*")) {
            return true;
        }
        for (String each : field.split(",", -1)) {
            String tag = each.strip();
            if ((tag.startsWith("W/") ? tag.substring(2) : tag).equals(entityTag)) {
                return true;
            }
        }
        return false;
    }

    private String tableTag() {
        return new Table(version, date, List.of()).entityTag();
    }

    private void require(Precondition precondition, @Nullable String entityTag) throws RestconfException {
        String ifMatch = precondition.ifMatch();
        String ifNoneMatch = precondition.ifNoneMatch();
        Instant since = precondition.ifUnmodifiedSince();
        if ((ifMatch != null && !names(ifMatch, entityTag))
                || (ifNoneMatch != null && names(ifNoneMatch, entityTag))
                || (ifMatch == null
                        && since != null
                        && date.truncatedTo(ChronoUnit.SECONDS).isAfter(since))) {
            throw RestconfException.of(
                    412,
                    "operation-failed",
                    tablePath(),
                    entityTag == null
                            ? "there is no such entry"
                            : "it has changed: it is " + entityTag + " since " + date + "; read it again");
        }
    }

    private Binding existing(Ipv6Address b4) throws RestconfException {
        return present(b4)
                .orElseThrow(() -> RestconfException.of(404, "invalid-value", path(b4), "there is no entry of " + b4));
    }

    private Optional<Binding> present(Ipv6Address b4) {
        for (Lease assigned : leases.assigned(b4)) {
            if (assigned.origin() == Origin.RESTCONF) {
                return Optional.of(assigned.binding());
            }
        }
        return Optional.empty();
    }

    private Binding complete(BindingEntry entry) throws RestconfException {
        try {
            return entry.toBinding(br);
        } catch (IllegalArgumentException e) {
            throw RestconfException.of(
                    400, "invalid-value", path(entry.info().first()), String.valueOf(e.getMessage()));
        }
    }

    private Map<Ipv6Address, Optional<Binding>> complete(List<BindingEntry> entries) throws RestconfException {
        Map<Ipv6Address, Optional<Binding>> wanted = new LinkedHashMap<>();
        for (BindingEntry entry : entries) {
            Binding binding = complete(entry);
            if (wanted.put(binding.b4(), Optional.of(binding)) != null) {
                throw RestconfException.of(
                        400, "invalid-value", path(binding.b4()), "two entries are of " + binding.b4());
            }
        }
        return wanted;
    }

    /**
     * Gives each lwB4 the binding that is wanted for it, or none.
     *
     * @param resource whose entity tag is told; null: the table's
     */
    private Done edit(Map<Ipv6Address, Optional<Binding>> wanted, boolean isCreated, @Nullable Ipv6Address resource)
            throws RestconfException {
        List<Assignment> puts = new ArrayList<>();
        List<PublicPorts> removals = new ArrayList<>();
        List<Fault> faults = new ArrayList<>();
        wanted.forEach((b4, binding) -> {
            Optional<Binding> present = present(b4);
            if (present.equals(binding)) {
                return;
            }
            present.ifPresent(before -> removals.add(PublicPorts.of(before)));
            binding.ifPresent(after -> {
                puts.add(new Assignment(after, Origin.RESTCONF));
                for (Lease other : leases.assigned(b4)) {
                    if (other.origin() != Origin.RESTCONF && other.binding().equals(after)) {
                        faults.add(fault(PublicPorts.of(after), b4, "it has it already, not by RESTCONF"));
                    }
                }
            });
        });
        int withdrawn = (int) wanted.values().stream().filter(Optional::isEmpty).count();
        if (faults.isEmpty() && !(puts.isEmpty() && removals.isEmpty())) {
            if (!leases.isWritable()) {
                throw notWritten("nothing was changed");
            }
            Instant now = clock.instant();
            for (Conflict conflict : leases.edit(puts, removals, now)) {
                faults.add(fault(conflict.wanted(), conflict.b4(), conflict.reason()));
            }
            if (faults.isEmpty()) {
                date = now.truncatedTo(ChronoUnit.MILLIS);
                version = Math.max(version + 1, date.toEpochMilli());
                if (!leases.commit()) {
                    throw notWritten("the change holds, but may be lost if this lwAFTR ends now");
                }
            }
        }
        if (!faults.isEmpty()) {
            throw new RestconfException(409, faults, Map.of());
        }
        Optional<Binding> changed = resource == null ? Optional.empty() : present(resource);
        String entityTag = changed.map(RestconfBindings::entityTag).orElseGet(this::tableTag);
        return new Done(isCreated, entityTag, date, puts.size(), withdrawn);
    }

    private Fault fault(PublicPorts wanted, Ipv6Address b4, String reason) {
        return new Fault("application", "in-use", path(b4), wanted + " for " + b4 + ": " + reason);
    }

    private static RestconfException notWritten(String consequence) {
        return RestconfException.of(
                503,
                "operation-failed",
                "",
                "lwaftr.state-directory cannot be written at present; " + consequence + "; see the log of the lwAFTR");
    }

    private <T> T onControl(Callable<T> action) throws RestconfException {
        FutureTask<T> task = new FutureTask<>(action);
        try {
            control.execute(task);
            return task.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RestconfException answer) {
                throw answer;
            }
            throw new IllegalStateException(e.getCause());
        } catch (RejectedExecutionException e) {
            throw RestconfException.of(503, "operation-failed", "", "this lwAFTR ends");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw RestconfException.of(
                    503, "operation-failed", "", "the request took too long; read what became of it");
        }
    }
}
