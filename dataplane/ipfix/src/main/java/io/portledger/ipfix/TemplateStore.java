package io.portledger.ipfix;

import io.netty.util.collection.LongObjectHashMap;
import io.netty.util.collection.LongObjectMap;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The templates of one transport session, for each of its observation domains (RFC 7011 §8). For one thread.
 *
 * <p>Over UDP a session is one pair of addresses and ports.
 */
public final class TemplateStore {

    /** How the session's transport treats templates. */
    public enum Session {
        /** UDP: a new definition replaces the old, withdrawals are ignored (RFC 7011 §8.4). */
        UNRELIABLE,
        /** TCP or SCTP: a template must be withdrawn before its id gets another definition (§8.1). */
        RELIABLE,
        /** A file, which may be several put together: a new definition replaces the old, withdrawals are obeyed. */
        FILE
    }

    /** The limit of templates in a session that {@link #TemplateStore(Session)} sets. */
    public static final int DEFAULT_MAX_TEMPLATES = 4096;

    /** The most fields that the templates of a session may have together; a message has room for 16,000. */
    static final int MAX_FIELDS = 32_768;

    private final Session session;
    private final int maxTemplates;
    private final LongObjectHashMap<Kept> templates = new LongObjectHashMap<>();
    private int fieldCount;
    private long nowMillis;

    // What the message at hand has changed so far, so that a malformed one leaves no trace.
    private final List<Undo> undoLog = new ArrayList<>();

    private record Undo(long key, @Nullable Kept before) {}

    private record Kept(Template template, long seenMillis) {
        int fieldCount() {
            return template.fields().size();
        }
    }

    /** A store for a session that just began. */
    public TemplateStore(Session session) {
        this(session, DEFAULT_MAX_TEMPLATES);
    }

    /**
     * A store for a session that just began.
     *
     * @param maxTemplates how many templates the session may have at a time; one more is a decode exception
     */
    public TemplateStore(Session session, int maxTemplates) {
        this.session = session;
        this.maxTemplates = maxTemplates;
    }

    /** How the session's transport treats templates. */
    public Session session() {
        return session;
    }

    /** How many templates are in use. */
    public int size() {
        return templates.size();
    }

    /** How many fields they have together, which is what they cost memory for: 128 octets each, more or less. */
    public int fieldCount() {
        return fieldCount;
    }

    /** The template in use under these ids, or null. */
    public @Nullable Template find(long observationDomainId, int templateId) {
        Kept kept = templates.get(key(observationDomainId, templateId));
        return kept == null ? null : kept.template();
    }

    /** Shows all templates with their observation domains. */
    public void forEach(BiConsumer<Long, Template> visitor) {
        for (LongObjectMap.PrimitiveEntry<Kept> entry : templates.entries()) {
            visitor.accept(entry.key() >>> 16, entry.value().template());
        }
    }

    /** Says what time it is, for {@link #expire}: templates that come from now on are of this time. */
    public void setTime(long epochMillis) {
        nowMillis = epochMillis;
    }

    /**
     * Gives up templates that did not come again since (RFC 7011 §8.4).
     *
     * @return how many
     */
    public int expire(long seenBeforeMillis) {
        List<Long> old = new ArrayList<>();
        for (LongObjectMap.PrimitiveEntry<Kept> entry : templates.entries()) {
            if (entry.value().seenMillis() < seenBeforeMillis) {
                old.add(entry.key());
            }
        }
        old.forEach(this::remove);
        return old.size();
    }

    /** Gives up the templates of a domain: their exporter has begun anew. */
    public void forget(long observationDomainId) {
        of(observationDomainId).forEach(template -> remove(key(observationDomainId, template.id())));
    }

    /** Writes the templates, so that {@link #read} finds them. */
    public void write(DataOutput out) throws IOException {
        out.writeInt(templates.size());
        for (LongObjectMap.PrimitiveEntry<Kept> entry : templates.entries()) {
            Template template = entry.value().template();
            out.writeLong(entry.key());
            out.writeLong(entry.value().seenMillis());
            out.writeShort(template.scopeFieldCount());
            out.writeShort(template.fields().size());
            for (FieldSpecifier field : template.fields()) {
                out.writeInt((int) field.element().enterpriseNumber());
                out.writeShort(field.element().id());
                out.writeShort(field.length());
            }
        }
    }

    /**
     * Puts in what {@link #write} wrote.
     *
     * @param elements as the decoder knows them that is to use the store
     * @throws IOException if it is not what was written
     */
    public void read(DataInput in, ElementRegistry elements) throws IOException {
        int count = in.readInt();
        if (count < 0 || count > maxTemplates) {
            throw new IOException(count + " templates (allowed: 0-" + maxTemplates + ")");
        }
        for (int i = 0; i < count; i++) {
            long key = in.readLong();
            long seenMillis = in.readLong();
            int scopeFieldCount = in.readUnsignedShort();
            int fieldCount = in.readUnsignedShort();
            if (this.fieldCount + fieldCount > MAX_FIELDS) {
                throw new IOException("templates of more than " + MAX_FIELDS + " fields");
            }
            List<FieldSpecifier> fields = new ArrayList<>();
            try {
                for (int field = 0; field < fieldCount; field++) {
                    InformationElement element =
                            elements.find(Integer.toUnsignedLong(in.readInt()), in.readUnsignedShort());
                    fields.add(FieldSpecifier.received(element, in.readUnsignedShort()));
                }
                int id = (int) key & 0xffff;
                put(
                        key,
                        new Kept(
                                scopeFieldCount > 0
                                        ? Template.ofOptions(id, scopeFieldCount, fields)
                                        : Template.of(id, fields),
                                seenMillis));
            } catch (IllegalArgumentException e) {
                throw new IOException(e.getMessage(), e);
            }
        }
    }

    /** Whether any template of the domain is such a one. Looks at all templates of the session. */
    public boolean anyMatches(long observationDomainId, Predicate<Template> predicate) {
        for (LongObjectMap.PrimitiveEntry<Kept> entry : templates.entries()) {
            if (entry.key() >>> 16 == observationDomainId
                    && predicate.test(entry.value().template())) {
                return true;
            }
        }
        return false;
    }

    void begin() {
        undoLog.clear();
    }

    void rollback() {
        for (int i = undoLog.size() - 1; i >= 0; i--) {
            Undo undo = undoLog.get(i);
            if (undo.before() == null) {
                remove(undo.key());
            } else {
                put(undo.key(), undo.before());
            }
        }
        undoLog.clear();
    }

    /** Takes a definition and returns the change; the stored object stays the same if the definition does. */
    IpfixVisitor.TemplateChange define(long observationDomainId, Template template) throws IpfixException {
        long key = key(observationDomainId, template.id());
        Kept before = templates.get(key);
        if (before != null && template.equals(before.template())) {
            undoLog.add(new Undo(key, before));
            put(key, new Kept(before.template(), nowMillis));
            return IpfixVisitor.TemplateChange.REFRESHED;
        }
        if (before != null && session == Session.RELIABLE) {
            throw new IpfixException("template " + template.id()
                    + ": defined anew without a withdrawal, expected the definition that the session began with");
        }
        if (before == null && templates.size() >= maxTemplates) {
            throw new IpfixException("template " + template.id() + ": the session already has " + maxTemplates
                    + " templates, more are not kept");
        }
        int others = fieldCount - (before == null ? 0 : before.fieldCount());
        if (others + template.fields().size() > MAX_FIELDS) {
            throw new IpfixException("template " + template.id() + ": the session's other templates have " + others
                    + " fields, more than " + MAX_FIELDS + " are not kept");
        }
        undoLog.add(new Undo(key, before));
        put(key, new Kept(template, nowMillis));
        return before == null ? IpfixVisitor.TemplateChange.DEFINED : IpfixVisitor.TemplateChange.REPLACED;
    }

    /** Withdraws one template; null if that has no effect. */
    @Nullable
    Template withdraw(long observationDomainId, int templateId, boolean options) {
        long key = key(observationDomainId, templateId);
        Kept before = templates.get(key);
        if (session == Session.UNRELIABLE || before == null || before.template().isOptions() != options) {
            return null;
        }
        undoLog.add(new Undo(key, before));
        remove(key);
        return before.template();
    }

    /** Withdraws all templates or all options templates of a domain, and returns them. */
    List<Template> withdrawAll(long observationDomainId, boolean options) {
        if (session == Session.UNRELIABLE) {
            return List.of();
        }
        List<Template> withdrawn = of(observationDomainId);
        withdrawn.removeIf(template -> template.isOptions() != options);
        withdrawn.forEach(template -> withdraw(observationDomainId, template.id(), options));
        return withdrawn;
    }

    private List<Template> of(long observationDomainId) {
        List<Template> its = new ArrayList<>();
        for (LongObjectMap.PrimitiveEntry<Kept> entry : templates.entries()) {
            if (entry.key() >>> 16 == observationDomainId) {
                its.add(entry.value().template());
            }
        }
        return its;
    }

    private void put(long key, Kept kept) {
        Kept before = templates.put(key, kept);
        fieldCount += kept.fieldCount() - (before == null ? 0 : before.fieldCount());
    }

    private void remove(long key) {
        Kept before = templates.remove(key);
        fieldCount -= before == null ? 0 : before.fieldCount();
    }

    private static long key(long observationDomainId, int templateId) {
        return observationDomainId << 16 | templateId;
    }
}
