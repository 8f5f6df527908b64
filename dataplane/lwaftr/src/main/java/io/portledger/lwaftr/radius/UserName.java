package io.portledger.lwaftr.radius;

import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.Ipv6Prefix;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The form of User-Name: a text in which {@code {b4}} stands for the lwB4's address and {@code {prefix56}} for the prefix
 * of 56 bits (or any other number of them) in which it lies, both as RFC 5952 writes them.
 *
 * @param template the text
 */
record UserName(String template) {

    /** It may be a password too (RFC 2865 §5.2). */
    private static final int LONGEST = 128;

    private static final Pattern PLACE = Pattern.compile("\\{([^}]*)}");
    private static final Pattern PREFIX = Pattern.compile("prefix(\\d{1,3})");

    /** @throws IllegalArgumentException if the text has another place holder, or none */
    static UserName parse(String text) {
        Matcher places = PLACE.matcher(text);
        boolean isTelling = false;
        while (places.find()) {
            Matcher prefix = PREFIX.matcher(places.group(1));
            boolean isPrefix = prefix.matches() && Integer.parseInt(prefix.group(1)) <= 128;
            if (!isPrefix && !places.group(1).equals("b4")) {
                throw new IllegalArgumentException("Invalid value " + text + " for key user-name: {" + places.group(1)
                        + "} stands for nothing (allowed: {b4}, or {prefix0} to {prefix128})");
            }
            isTelling = true;
        }
        UserName form = new UserName(text);
        int longest = form.of(new Ipv6Address(-1, -1)).getBytes(StandardCharsets.UTF_8).length;
        if (!isTelling || longest > LONGEST) {
            throw new IllegalArgumentException("Invalid value " + text + " for key user-name: it tells no lwB4 from"
                    + " another, or is too long (allowed: a text with {b4} or {prefix56} in it, up to " + LONGEST
                    + " octets)");
        }
        return form;
    }

    /** The name of an lwB4. */
    String of(Ipv6Address b4) {
        return PLACE.matcher(template)
                .replaceAll(place -> place.group(1).equals("b4")
                        ? b4.toString()
                        : Ipv6Prefix.containing(
                                        b4, Integer.parseInt(place.group(1).substring("prefix".length())))
                                .toString());
    }
}
