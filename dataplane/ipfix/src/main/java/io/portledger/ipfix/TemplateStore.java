package io.portledger.ipfix;

import io.netty.util.collection.LongObjectHashMap;
import io.netty.util.collection.LongObjectMap;
import java.util.ArrayList;
import java.util.List;
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
        /** TCP, SCTP or a file: a template must be withdrawn before its id gets another definition (§8.1). */
        RELIABLE
    }

    /** The limit of templates in a session that {@link #TemplateStore(Session)} sets. */
    public static final int DEFAULT_MAX_TEMPLATES = 4096;

    private final Session session;
    private final int maxTemplates;
    private final LongObjectHashMap<Template> templates = new LongObjectHashMap<>();

    // What the message at hand has changed so far, so that a malformed one leaves no trace.
    private final List<Undo> undoLog = new ArrayList<>();

    private record Undo(long key, @Nullable Template before) {}

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

    /** The template in use under these ids, or null. */
    public @Nullable Template find(long observationDomainId, int templateId) {
        return templates.get(key(observationDomainId, templateId));
    }

    /** Whether a template of the domain has the element. Looks at all templates of the session. */
    public boolean anyHas(long observationDomainId, InformationElement element) {
        for (LongObjectMap.PrimitiveEntry<Template> entry : templates.entries()) {
            if (entry.key() >>> 16 == observationDomainId && entry.value().has(element)) {
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
                templates.remove(undo.key());
            } else {
                templates.put(undo.key(), undo.before());
            }
        }
        undoLog.clear();
    }

    /** Takes a definition and returns the change; the stored object stays the same if the definition does. */
    IpfixVisitor.TemplateChange define(long observationDomainId, Template template) throws IpfixException {
        long key = key(observationDomainId, template.id());
        Template before = templates.get(key);
        if (template.equals(before)) {
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
        undoLog.add(new Undo(key, before));
        templates.put(key, template);
        return before == null ? IpfixVisitor.TemplateChange.DEFINED : IpfixVisitor.TemplateChange.REPLACED;
    }

    /** Withdraws one template; null if that has no effect. */
    @Nullable
    Template withdraw(long observationDomainId, int templateId, boolean options) {
        long key = key(observationDomainId, templateId);
        Template before = templates.get(key);
        if (session == Session.UNRELIABLE || before == null || before.isOptions() != options) {
            return null;
        }
        undoLog.add(new Undo(key, before));
        templates.remove(key);
        return before;
    }

    /** Withdraws all templates or all options templates of a domain, and returns them. */
    List<Template> withdrawAll(long observationDomainId, boolean options) {
        List<Template> withdrawn = new ArrayList<>();
        if (session == Session.RELIABLE) {
            for (LongObjectMap.PrimitiveEntry<Template> entry : templates.entries()) {
                if (entry.key() >>> 16 == observationDomainId && entry.value().isOptions() == options) {
                    withdrawn.add(entry.value());
                }
            }
            for (Template template : withdrawn) {
                withdraw(observationDomainId, template.id(), options);
            }
        }
        return withdrawn;
    }

    private static long key(long observationDomainId, int templateId) {
        return observationDomainId << 16 | templateId;
    }
}
