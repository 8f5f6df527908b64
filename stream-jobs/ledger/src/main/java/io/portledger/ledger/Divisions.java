package io.portledger.ledger;

import io.portledger.softwire.PortSet;
import io.portledger.softwire.Ports;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * How the ports of an address were ever divided: which PSID offsets and lengths its intervals have, and whether there are
 * blocks that are no port sets. A look-up that knows it asks for one or two slots instead of one for every division that
 * there may be.
 *
 * @param bindings {@code a/k} of each division that bindings have, {@value #BLOCKS} if there are other blocks
 * @param mappings the same of mappings and sessions of NATs; empty if the address has none
 */
public record Divisions(SortedSet<String> bindings, SortedSet<String> mappings) {

    /** Stands for ports that are no port set. */
    public static final String BLOCKS = "blocks";

    public Divisions {
        bindings = new TreeSet<>(bindings);
        mappings = new TreeSet<>(mappings);
    }

    /** The division to which {@code ports} belong. */
    public static String of(Ports ports) {
        return ports instanceof PortSet set ? set.psidOffset() + "/" + set.psidLength() : BLOCKS;
    }

    /** The keys of the port sets of these divisions that have {@code port}. */
    List<PortSet> containing(int port) {
        List<PortSet> sets = new ArrayList<>();
        for (PortSet set : PortSet.allContaining(port)) {
            String division = of(set);
            if (bindings.contains(division) || mappings.contains(division)) {
                sets.add(set);
            }
        }
        return sets;
    }

    boolean hasBlocks() {
        return bindings.contains(BLOCKS) || mappings.contains(BLOCKS);
    }
}
