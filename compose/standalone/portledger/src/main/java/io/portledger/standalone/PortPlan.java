package io.portledger.standalone;

import io.portledger.standalone.Service.Transport;
import java.io.IOException;
import java.net.BindException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which service listens on which port.
 *
 * @param ports one for each service, 1-65535, all different
 */
public record PortPlan(Map<Service, Integer> ports) {

    /** @throws IllegalArgumentException if a service has no port, or a port is none or has two services */
    public PortPlan {
        ports = Map.copyOf(ports);
        Set<Integer> seen = new HashSet<>();
        for (Service service : Service.values()) {
            Integer port = ports.get(service);
            if (port == null) {
                throw new IllegalArgumentException("no port for " + service.optionName());
            }
            if (port < 1 || port > 0xffff) {
                throw new IllegalArgumentException("Invalid value " + port + " for port " + service.optionName()
                        + ": no such port (allowed: 1-65535)");
            }
            if (!seen.add(port)) {
                throw new IllegalArgumentException("Invalid value " + port + " for port " + service.optionName()
                        + ": another service has it (allowed: a port for each)");
            }
        }
    }

    /** The ports that nobody chose. */
    public static PortPlan defaults() {
        Map<Service, Integer> ports = new EnumMap<>(Service.class);
        for (Service service : Service.values()) {
            ports.put(service, service.defaultPort());
        }
        return new PortPlan(ports);
    }

    /** Consecutive ports, in the order of {@link Service}. */
    public static PortPlan from(int base) {
        int port = base;
        Map<Service, Integer> ports = new EnumMap<>(Service.class);
        for (Service service : Service.values()) {
            ports.put(service, port);
            port++;
        }
        return new PortPlan(ports);
    }

    /**
     * Ports that were free a moment ago, chosen by the system: for tests.
     *
     * @throws IOException if there are none
     */
    public static PortPlan free() throws IOException {
        Map<Service, Integer> ports = new EnumMap<>(Service.class);
        Set<Integer> chosen = new HashSet<>();
        for (Service service : Service.values()) {
            int port;
            do {
                try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                    port = socket.getLocalPort();
                }
            } while (!chosen.add(port));
            ports.put(service, port);
        }
        return new PortPlan(ports);
    }

    /** This plan with other ports for some services. */
    public PortPlan with(Map<Service, Integer> others) {
        Map<Service, Integer> changed = new EnumMap<>(ports);
        changed.putAll(others);
        return new PortPlan(changed);
    }

    /** The port of a service. */
    public int of(Service service) {
        return Objects.requireNonNull(ports.get(service));
    }

    /**
     * Makes sure that nobody has the ports of {@code services}.
     *
     * @param listen the address that the collector and the web application will listen on
     * @throws StartException naming each port that is taken, what it is for, and the option to change it
     */
    public void requireFree(Set<Service> services, InetAddress listen) throws StartException {
        List<String> taken = new ArrayList<>();
        for (Service service : Service.values()) {
            if (services.contains(service)) {
                for (Transport transport : service.transports()) {
                    InetAddress address = service.isInternal() ? InetAddress.ofLiteral("127.0.0.1") : listen;
                    String fault = fault(address, of(service), transport);
                    if (fault != null) {
                        taken.add("%s port %d of %s (%s) cannot be had: %s; choose another with --port %s=NUMBER"
                                .formatted(
                                        transport,
                                        of(service),
                                        address.getHostAddress(),
                                        service.description(),
                                        fault,
                                        service.optionName()));
                    }
                }
            }
        }
        if (!taken.isEmpty()) {
            throw new StartException(String.join(",\n", taken)
                    + ",\nor move all of them with --port-base NUMBER (" + Service.values().length
                    + " ports from NUMBER on).");
        }
    }

    /** Why nobody can listen there, or null. */
    private static @Nullable String fault(InetAddress listen, int port, Transport transport) {
        try {
            switch (transport) {
                case TCP -> {
                    try (ServerSocket socket = new ServerSocket()) {
                        // What the servers do: connections of a former run that linger are no obstacle.
                        socket.setReuseAddress(true);
                        socket.bind(new InetSocketAddress(listen, port));
                    }
                }
                case UDP -> {
                    try (DatagramSocket socket = new DatagramSocket(null)) {
                        socket.setReuseAddress(false);
                        socket.bind(new InetSocketAddress(listen, port));
                    }
                }
            }
            return null;
        } catch (BindException e) {
            // The system's sentence for an address of another machine is as clear as any.
            String message = String.valueOf(e.getMessage());
            return message.startsWith("Address already in use") ? "it is taken by another program" : message;
        } catch (IOException e) {
            return String.valueOf(e.getMessage());
        }
    }
}
