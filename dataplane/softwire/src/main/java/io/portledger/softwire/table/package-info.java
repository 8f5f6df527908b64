/**
 * Binding tables as files: CSV and the JSON of RFC 8676, read and written as streams of any length.
 *
 * <p>{@link io.portledger.softwire.table.BindingTables} is the door. The formats are in {@code docs/binding-tables.md}.
 * Readers and writers belong to one thread.
 */
package io.portledger.softwire.table;
