package io.portledger.ipfix;

import java.util.Arrays;
import java.util.List;

/**
 * The layout of data records: an ordered list of fields under an id (RFC 7011 §3.4.1), or an options template, whose
 * first fields are the scope (§3.4.2). An element may occur more than once. Immutable; equal if all its parts are.
 */
public final class Template {

    /** The lowest id of a template, and thereby of a data set. */
    public static final int MIN_ID = 256;

    /** Fields without octets; with any number of them a short message could cost unbounded time. */
    private static final int MAX_EMPTY_FIELDS = 16;

    private final int id;
    private final int scopeFieldCount;
    private final List<FieldSpecifier> fields;
    private final long[] elementKeys;
    private final int[] offsets;
    private final int minRecordLength;
    private final int templateRecordLength;
    private final boolean isFixedLength;

    private Template(int id, int scopeFieldCount, List<FieldSpecifier> fields) {
        this.id = id;
        this.scopeFieldCount = scopeFieldCount;
        this.fields = List.copyOf(fields);
        elementKeys = new long[fields.size()];
        offsets = new int[fields.size()];
        int offset = 0;
        int specifiers = 0;
        boolean fixed = true;
        for (int i = 0; i < elementKeys.length; i++) {
            FieldSpecifier field = this.fields.get(i);
            elementKeys[i] = field.element().key();
            offsets[i] = offset;
            offset += field.isVariable() ? 1 : field.length();
            specifiers += field.specifierLength();
            fixed &= !field.isVariable();
        }
        minRecordLength = offset;
        templateRecordLength = (scopeFieldCount == 0 ? 4 : 6) + specifiers;
        isFixedLength = fixed;
    }

    /**
     * A template.
     *
     * @param id 256-65535
     * @param fields at least one
     * @throws IllegalArgumentException saying what is not allowed
     */
    public static Template of(int id, List<FieldSpecifier> fields) {
        return checked(id, 0, fields);
    }

    /** A template whose fields have the lengths of their types. */
    public static Template of(int id, InformationElement... elements) {
        return of(id, Arrays.stream(elements).map(FieldSpecifier::of).toList());
    }

    /**
     * An options template.
     *
     * @param id 256-65535
     * @param scopeFieldCount how many of the fields, from the first on, are the scope; at least one
     * @param fields scope fields and then the others
     * @throws IllegalArgumentException saying what is not allowed
     */
    public static Template ofOptions(int id, int scopeFieldCount, List<FieldSpecifier> fields) {
        if (scopeFieldCount < 1) {
            throw new IllegalArgumentException(
                    "options template " + id + ": scope field count " + scopeFieldCount + ", expected at least 1");
        }
        return checked(id, scopeFieldCount, fields);
    }

    /** An options template whose fields have the lengths of their types. */
    public static Template ofOptions(int id, int scopeFieldCount, InformationElement... elements) {
        return ofOptions(
                id,
                scopeFieldCount,
                Arrays.stream(elements).map(FieldSpecifier::of).toList());
    }

    private static Template checked(int id, int scopeFieldCount, List<FieldSpecifier> fields) {
        if (id < MIN_ID || id > 0xffff) {
            throw new IllegalArgumentException("template id " + id + " is out of range (allowed: 256-65535)");
        }
        if (fields.isEmpty() || fields.size() > 0xffff) {
            throw new IllegalArgumentException(
                    "template " + id + " has " + fields.size() + " fields, expected 1-65535");
        }
        long empty = fields.stream().filter(field -> field.length() == 0).count();
        if (empty == fields.size() || empty > MAX_EMPTY_FIELDS) {
            throw new IllegalArgumentException("template " + id + " has " + empty + " fields of length 0 among "
                    + fields.size() + " (allowed: at most " + MAX_EMPTY_FIELDS + ", and not all)");
        }
        if (scopeFieldCount > fields.size()) {
            throw new IllegalArgumentException("options template " + id + ": scope field count " + scopeFieldCount
                    + " exceeds field count " + fields.size());
        }
        return new Template(id, scopeFieldCount, fields);
    }

    /** The id of the template and of the data sets that it describes, 256-65535. */
    public int id() {
        return id;
    }

    /** Whether its records tell of the exporting process itself. */
    public boolean isOptions() {
        return scopeFieldCount > 0;
    }

    /** How many of the fields, from the first on, are the scope; 0 if this is no options template. */
    public int scopeFieldCount() {
        return scopeFieldCount;
    }

    /** The fields in the order of the records. */
    public List<FieldSpecifier> fields() {
        return fields;
    }

    /** The place of the first field with {@code element}, or -1. */
    public int indexOf(InformationElement element) {
        return indexOf(element, 0);
    }

    /** The place of the first field with {@code element} from place {@code from} on, or -1. */
    public int indexOf(InformationElement element, int from) {
        long key = element.key();
        for (int i = from; i < elementKeys.length; i++) {
            if (elementKeys[i] == key) {
                return i;
            }
        }
        return -1;
    }

    /** Whether a field has {@code element}. */
    public boolean has(InformationElement element) {
        return indexOf(element) >= 0;
    }

    /** Whether all records are of {@link #minRecordLength()}: no field is of variable length. */
    public boolean isFixedLength() {
        return isFixedLength;
    }

    /** Octets of the shortest record that the template allows, at least 1. */
    public int minRecordLength() {
        return minRecordLength;
    }

    /** Octets of field {@code index} from the record's beginning, if no field before it is of variable length. */
    int fixedOffset(int index) {
        return offsets[index];
    }

    /** Octets of the template record that defines this template. */
    int templateRecordLength() {
        return templateRecordLength;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Template template
                && id == template.id
                && scopeFieldCount == template.scopeFieldCount
                && fields.equals(template.fields);
    }

    @Override
    public int hashCode() {
        return 31 * id + fields.hashCode();
    }

    /** Id and fields, for logs: {@code template 256 (observationTimeMilliseconds/8, natEvent/1)}. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(isOptions() ? "options template " : "template ").append(id);
        String separator = " (";
        for (FieldSpecifier field : fields) {
            text.append(separator).append(field.element().name()).append('/');
            if (field.isVariable()) {
                text.append("variable");
            } else {
                text.append(field.length());
            }
            separator = ", ";
        }
        return text.append(')').toString();
    }
}
