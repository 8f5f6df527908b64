package io.portledger.settings;

import java.net.InetSocketAddress;

/**
 * A transport end point as settings write it: {@code host:port}, or {@code [v6]:port} for an IPv6 address.
 *
 * @param host a host name, an IPv4 address, or an IPv6 address without its brackets
 * @param port 0-65535; where we listen, 0 lets the system choose a free port
 */
public record HostPort(String host, int port) {

    /** @throws IllegalArgumentException if the host is empty or the port out of range */
    public HostPort {
        if (host.isBlank()) {
            throw new IllegalArgumentException("an end point needs a host before its port");
        }
        if (port < 0 || port > 0xffff) {
            throw new IllegalArgumentException("port " + port + " is out of range (allowed: 0-65535)");
        }
    }

    /**
     * Reads {@code host:port} or {@code [v6]:port}.
     *
     * @throws IllegalArgumentException if {@code text} is neither
     */
    public static HostPort parse(String text) {
        int colon = text.lastIndexOf(':');
        if (colon < 0) {
            throw notAnEndPoint(text);
        }
        String host = text.substring(0, colon);
        String digits = text.substring(colon + 1);
        if (digits.isEmpty() || digits.length() > 5 || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
            throw notAnEndPoint(text);
        }
        if (host.startsWith("[") && host.endsWith("]") && host.length() > 2) {
            host = host.substring(1, host.length() - 1);
            if (host.indexOf(':') < 0) {
                throw notAnEndPoint(text);
            }
        } else if (host.isBlank() || host.indexOf(':') >= 0 || host.indexOf('[') >= 0 || host.indexOf(']') >= 0) {
            throw notAnEndPoint(text);
        }
        return new HostPort(host, Integer.parseInt(digits));
    }

    /** The same end point for a socket; a host name is looked up now. */
    public InetSocketAddress toSocketAddress() {
        return new InetSocketAddress(host, port);
    }

    /** The form that {@link #parse} reads. */
    @Override
    public String toString() {
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }

    private static IllegalArgumentException notAnEndPoint(String text) {
        return new IllegalArgumentException(
                "\"" + text + "\" is not an end point (expected host:port or [IPv6 address]:port, port 0-65535)");
    }
}
