package io.portledger.softwire.table;

import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.Ipv6Prefix;
import io.portledger.softwire.PortSet;
import io.portledger.softwire.Softwire;
import java.io.ByteArrayOutputStream;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/**
 * A {@code binding-entry} of RFC 8676 as it is written, of which leaves may be missing: an entry of its own needs all but
 * {@code psid-offset}, a change of one only those that differ.
 *
 * @param info {@code binding-ipv6info}, the key: an address (a prefix of 128 bits), or a prefix from which the address is
 *     made by RFC 7596 §5.1
 * @param psidOffset a, 0-16; null: missing
 * @param psidLength k, 0-15; null: missing
 * @param psid 0-65535; null: missing
 * @param subscriber the leaf {@code portledger-softwire:subscriber}
 */
public record BindingEntry(
        Ipv6Prefix info,
        @Nullable Ipv4Address ipv4,
        @Nullable Integer psidOffset,
        @Nullable Integer psidLength,
        @Nullable Integer psid,
        @Nullable Ipv6Address br,
        @Nullable String subscriber) {

    /** Most octets that a subscriber's name may have in UTF-8. */
    public static final int LONGEST_SUBSCRIBER = 512;

    private static final JsonFactory FACTORY = new JsonFactory();

    /** The entry of a binding, complete. */
    public static BindingEntry of(Binding binding) {
        return new BindingEntry(
                new Ipv6Prefix(binding.b4(), 128),
                binding.ipv4(),
                binding.ports().psidOffset(),
                binding.ports().psidLength(),
                binding.ports().psid(),
                binding.br(),
                binding.subscriber());
    }

    /** This, and what is missing as {@code earlier} has it. */
    public BindingEntry over(BindingEntry earlier) {
        return new BindingEntry(
                info,
                ipv4 == null ? earlier.ipv4 : ipv4,
                psidOffset == null ? earlier.psidOffset : psidOffset,
                psidLength == null ? earlier.psidLength : psidLength,
                psid == null ? earlier.psid : psid,
                br == null ? earlier.br : br,
                subscriber == null ? earlier.subscriber : subscriber);
    }

    /** The lwB4's address, if the key is one and not a prefix. */
    public @Nullable Ipv6Address address() {
        return info.length() == 128 ? info.first() : null;
    }

    /**
     * The binding that the entry says.
     *
     * @param defaultBr the BR address if the entry names none; null if it must
     * @throws IllegalArgumentException naming the leaf that is missing or not legal
     */
    public Binding toBinding(@Nullable Ipv6Address defaultBr) {
        if (ipv4 == null) {
            throw new IllegalArgumentException("binding-ipv4-addr is missing; only softwires with IPv4 are bindings");
        }
        if (psidLength == null && psid == null) {
            throw new IllegalArgumentException("port-set is missing (expected psid-len 0 for a whole address)");
        }
        if (psidLength == null || psid == null) {
            throw new IllegalArgumentException(
                    (psidLength == null ? Fields.PSID_LEN : Fields.PSID) + " is missing in port-set");
        }
        PortSet ports = Fields.portSet(psidOffset == null ? 0 : psidOffset, psidLength, psid);
        Ipv6Address b4 = info.length() == 128 ? info.first() : Softwire.address(info, ipv4, ports);
        return new Binding(b4, ipv4, ports, Fields.brAddress("br-ipv6-addr", br, defaultBr), subscriber);
    }

    /** Appends a binding as an object; its PSID length is at most 15. */
    public static void write(JsonGenerator json, Binding binding) {
        json.writeStartObject();
        json.writeStringProperty(Fields.INFO, binding.b4().toString());
        json.writeStringProperty(Fields.IPV4, binding.ipv4().toString());
        json.writeName(Fields.PORT_SET).writeStartObject();
        json.writeNumberProperty(Fields.PSID_OFFSET, binding.ports().psidOffset());
        json.writeNumberProperty(Fields.PSID_LEN, binding.ports().psidLength());
        json.writeNumberProperty(Fields.PSID, binding.ports().psid());
        json.writeEndObject();
        json.writeStringProperty(Fields.BR, binding.br().toString());
        String subscriber = binding.subscriber();
        if (subscriber != null) {
            json.writeStringProperty(Fields.SUBSCRIBER, subscriber);
        }
        json.writeEndObject();
    }

    /**
     * A binding as one JSON object, UTF-8.
     *
     * @throws IllegalArgumentException if RFC 8676 cannot say it
     */
    public static byte[] toJson(Binding binding) {
        binding.ports().requireYang();
        requireSubscriber(binding.subscriber());
        ByteArrayOutputStream out = new ByteArrayOutputStream(256);
        try (JsonGenerator json = FACTORY.createGenerator(ObjectWriteContext.empty(), out)) {
            write(json, binding);
        }
        return out.toByteArray();
    }

    /**
     * Whether a text may be a subscriber's name: at most {@value #LONGEST_SUBSCRIBER} octets, and only characters that
     * YANG allows in a string (RFC 7950 §9.4).
     *
     * @throws IllegalArgumentException naming what is not allowed
     */
    static void requireSubscriber(@Nullable String subscriber) {
        if (subscriber == null) {
            return;
        }
        if (subscriber.getBytes(java.nio.charset.StandardCharsets.UTF_8).length > LONGEST_SUBSCRIBER) {
            throw new IllegalArgumentException(
                    "subscriber is too long (allowed: at most " + LONGEST_SUBSCRIBER + " octets)");
        }
        OptionalInt illegal = subscriber.codePoints().filter(c -> !isOfYang(c)).findFirst();
        if (illegal.isPresent()) {
            throw new IllegalArgumentException(
                    "subscriber has a character that YANG does not allow, U+%04X".formatted(illegal.getAsInt()));
        }
    }

    private static boolean isOfYang(int c) {
        return c == '\t'
                || c == '\n'
                || c == '\r'
                || (c >= 0x20
                        && !(c >= 0xd800 && c <= 0xdfff)
                        && !(c >= 0xfdd0 && c <= 0xfdef)
                        && (c & 0xfffe) != 0xfffe);
    }
}
