package io.portledger.packet;

import java.nio.charset.StandardCharsets;

/** What an {@code ioctl} is told and answers about one network interface ({@code struct ifreq}). */
final class InterfaceRequest implements AutoCloseable {

    private static final int NAME_OCTETS = 16;
    private static final int OCTETS = 40;

    private final MemoryRegion memory;

    /**
     * A request with nothing but the interface's name.
     *
     * @throws IllegalArgumentException if no interface can have this name
     */
    InterfaceRequest(String name) {
        byte[] octets = name.getBytes(StandardCharsets.US_ASCII);
        if (octets.length == 0 || octets.length >= NAME_OCTETS || name.indexOf('/') >= 0) {
            throw new IllegalArgumentException(
                    "Invalid interface name \"" + name + "\" (allowed: 1-15 letters and digits)");
        }
        this.memory = MemoryRegion.allocate(OCTETS);
        Memory.copy(octets, 0, memory.address(), octets.length);
    }

    long address() {
        return memory.address();
    }

    /** Where the part begins whose meaning depends on the request. */
    long value() {
        return memory.address() + NAME_OCTETS;
    }

    @Override
    public void close() {
        memory.close();
    }
}
