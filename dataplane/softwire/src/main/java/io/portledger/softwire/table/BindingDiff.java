package io.portledger.softwire.table;

import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.PortSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * What differs between two binding tables. Entries with the same IPv4 address and the same ports are the same entry,
 * wherever they stand.
 *
 * @param added entries of the second table only
 * @param removed entries of the first table only
 * @param changed entries of both with another lwB4, BR address, subscriber or way to write the ports
 * @param unchanged entries that are equal
 */
public record BindingDiff(long added, long removed, long changed, long unchanged) {

    /** One difference. */
    public sealed interface Change permits Added, Removed, Changed {}

    /** An entry that only the second table has. */
    public record Added(Binding binding) implements Change {}

    /** An entry that only the first table has. */
    public record Removed(Binding binding) implements Change {}

    /** An entry that both tables have, differently. */
    public record Changed(Binding before, Binding after) implements Change {}

    private record Key(Ipv4Address ipv4, PortSet ports) {

        static Key of(Binding binding) {
            return new Key(binding.ipv4(), binding.ports().canonical());
        }
    }

    /**
     * Tells every difference to {@code changes}: additions and changes in the order of the second table, then removals in
     * the order of the first. Keeps the first table in memory, the second is streamed. Neither may name an entry twice
     * ({@link BindingTableCheck}).
     */
    public static BindingDiff between(
            Iterator<Binding> before, Iterator<Binding> after, Consumer<? super Change> changes) {
        Map<Key, Binding> left = new LinkedHashMap<>();
        before.forEachRemaining(binding -> left.put(Key.of(binding), binding));
        long added = 0;
        long changed = 0;
        long unchanged = 0;
        while (after.hasNext()) {
            Binding binding = after.next();
            Binding earlier = left.remove(Key.of(binding));
            if (earlier == null) {
                added++;
                changes.accept(new Added(binding));
            } else if (earlier.equals(binding)) {
                unchanged++;
            } else {
                changed++;
                changes.accept(new Changed(earlier, binding));
            }
        }
        left.values().forEach(binding -> changes.accept(new Removed(binding)));
        return new BindingDiff(added, left.size(), changed, unchanged);
    }

    /** Whether the tables have the same entries. */
    public boolean isEmpty() {
        return added == 0 && removed == 0 && changed == 0;
    }
}
