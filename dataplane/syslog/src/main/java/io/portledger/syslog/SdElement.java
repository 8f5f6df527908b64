package io.portledger.syslog;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One SD-ELEMENT of a message's structured data (RFC 5424 §6.3): a name and parameters in order.
 *
 * @param id SD-ID, 1 to 32 printable ASCII characters but {@code = ] "} and space; {@code name@enterprise} for private
 *     ones
 * @param params the parameters; a name may occur more than once
 */
public record SdElement(String id, List<Param> params) {

    /** @throws IllegalArgumentException if {@code id} is no SD-NAME */
    public SdElement {
        SyslogMessage.requireSdName("SD-ID", id);
        params = List.copyOf(params);
    }

    /**
     * One SD-PARAM.
     *
     * @param name PARAM-NAME, an SD-NAME like the element's id
     * @param value PARAM-VALUE without its escapes; any text
     */
    public record Param(String name, String value) {

        /** @throws IllegalArgumentException if {@code name} is no SD-NAME or {@code value} no Unicode text */
        public Param {
            SyslogMessage.requireSdName("PARAM-NAME", name);
            SyslogMessage.requireUnicode("PARAM-VALUE", value);
        }
    }

    /** The value of the first parameter called {@code name}, or null. */
    public @Nullable String value(String name) {
        for (int i = 0; i < params.size(); i++) {
            Param param = params.get(i);
            if (param.name().equals(name)) {
                return param.value();
            }
        }
        return null;
    }

    /** Begins an element. */
    public static Builder named(String id) {
        return new Builder(id);
    }

    /** Collects the parameters of an element; for one thread. */
    public static final class Builder {
        private final String id;
        private final List<Param> params = new ArrayList<>();

        private Builder(String id) {
            this.id = id;
        }

        /** Adds a parameter. */
        public Builder with(String name, String value) {
            params.add(new Param(name, value));
            return this;
        }

        /** Adds a parameter as an unsigned decimal number. */
        public Builder with(String name, int value) {
            return with(name, Integer.toUnsignedString(value));
        }

        /** Adds a parameter if it has a value. */
        public Builder withIfKnown(String name, @Nullable String value) {
            return value == null ? this : with(name, value);
        }

        /** The element. */
        public SdElement build() {
            return new SdElement(id, params);
        }
    }
}
