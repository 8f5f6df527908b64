package io.portledger.lwb4.softwire;

import io.portledger.softwire.Ipv6Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where an lwAFTR's end of the softwire is: an IPv6 address, or a name that the DNS resolves to some (RFC 6334 §4).
 *
 * @param text the address or the name, a dot at its end left out
 */
public record LwaftrName(String text) {

    private static final Pattern NAME = Pattern.compile("(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
            + "(\\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*");

    /** @throws IllegalArgumentException if it is neither */
    public LwaftrName {
        text = text.endsWith(".") ? text.substring(0, text.length() - 1) : text;
        if (text.indexOf(':') >= 0) {
            Ipv6Address.parse(text);
        } else if (!NAME.matcher(text).matches()) {
            throw new IllegalArgumentException("\"" + text
                    + "\" is neither an IPv6 address nor a name (expected 2001:db8::1 or aftr.example.com)");
        }
    }

    /** The same as the constructor. */
    public static LwaftrName parse(String text) {
        return new LwaftrName(text);
    }

    /** An address as a name. */
    public static LwaftrName of(Ipv6Address address) {
        return new LwaftrName(address.toString());
    }

    /**
     * One of its addresses; a name is looked up now, by the resolver of the system, which may take seconds.
     *
     * @param random picks one of several
     * @throws UnknownHostException if the name has no IPv6 address, saying so
     */
    public Ipv6Address resolve(RandomGenerator random) throws UnknownHostException {
        if (text.indexOf(':') >= 0) {
            return Ipv6Address.parse(text);
        }
        List<InetAddress> found;
        try {
            found = Arrays.stream(InetAddress.getAllByName(text))
                    .filter(Inet6Address.class::isInstance)
                    .toList();
        } catch (UnknownHostException e) {
            throw noAddress(e);
        }
        if (found.isEmpty()) {
            throw noAddress(null);
        }
        return Ipv6Address.fromBytes(found.get(random.nextInt(found.size())).getAddress(), 0);
    }

    private UnknownHostException noAddress(@Nullable Exception cause) {
        UnknownHostException e = new UnknownHostException("The lwAFTR's name " + text
                + " has no IPv6 address: check the name, and that this machine has a DNS resolver that knows it");
        e.initCause(cause);
        return e;
    }

    @Override
    public String toString() {
        return text;
    }
}
