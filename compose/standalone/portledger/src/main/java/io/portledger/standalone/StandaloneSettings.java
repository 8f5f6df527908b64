package io.portledger.standalone;

import java.net.InetAddress;
import java.util.Map;
import java.util.TreeMap;

/**
 * What can be chosen about a standalone installation.
 *
 * @param ports which service listens where
 * @param listen the address that the collector and the web application listen on; everything else is on 127.0.0.1
 * @param memory heap of each program by its name, as the JVM's {@code -Xmx} takes it; those that are left out have the
 *     default
 */
public record StandaloneSettings(PortPlan ports, InetAddress listen, Map<String, String> memory) {

    /** Default heaps. They are enough for some thousand subscribers and some million intervals. */
    static final Map<String, String> DEFAULT_MEMORY = Map.of(
            "kafka", "256m",
            "elasticsearch", "512m",
            "flink", "512m",
            "collector", "192m",
            "web", "256m",
            "lwaftr", "160m");

    /** @throws IllegalArgumentException if {@code memory} names no program or no size */
    public StandaloneSettings {
        Map<String, String> all = new TreeMap<>(DEFAULT_MEMORY);
        memory.forEach((program, size) -> {
            if (!DEFAULT_MEMORY.containsKey(program)) {
                throw new IllegalArgumentException("Invalid value " + program
                        + " for key memory: no such program (allowed: " + String.join(", ", all.keySet()) + ")");
            }
            if (!size.matches("[1-9][0-9]{0,5}[mMgG]")) {
                throw new IllegalArgumentException("Invalid value " + size + " for key memory " + program
                        + ": no size (allowed: a number and m or g, such as 512m)");
            }
            all.put(program, size);
        });
        memory = Map.copyOf(all);
    }

    /** Standard ports on the loopback interface, standard memory. */
    public static StandaloneSettings defaults() {
        return of(PortPlan.defaults());
    }

    /** Those ports on the loopback interface, standard memory. */
    public static StandaloneSettings of(PortPlan ports) {
        return new StandaloneSettings(ports, InetAddress.getLoopbackAddress(), Map.of());
    }

    /** The heap option of a program. */
    String heapOption(String program) {
        return "-Xmx" + memory.get(program);
    }
}
