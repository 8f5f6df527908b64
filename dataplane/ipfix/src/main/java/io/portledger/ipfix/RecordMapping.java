package io.portledger.ipfix;

/**
 * Says how values of one type become data records of one template. A constant of this type, instead of a lambda that
 * captures, keeps {@link IpfixEncoder#addRecord} free of allocation.
 *
 * @param <T> what is written
 */
@FunctionalInterface
public interface RecordMapping<T> {

    /** Puts each field of the template, in its order. */
    void write(T value, RecordWriter fields);
}
