package io.portledger.lwaftr.forwarding;

import io.portledger.softwire.Binding;

/** A binding was refused because its address is divided in another way by the bindings that are there. */
public final class BindingConflictException extends IllegalArgumentException {

    private final transient Binding refused;
    private final transient Binding present;

    BindingConflictException(Binding refused, Binding present) {
        super("Binding of " + refused.ipv4() + " ports " + refused.ports() + " to " + refused.b4()
                + " conflicts with ports " + present.ports() + " to " + present.b4()
                + ": all bindings of an address must have the same PSID offset and PSID length (here "
                + present.ports().psidOffset() + " and " + present.ports().psidLength() + ")");
        this.refused = refused;
        this.present = present;
    }

    /** The binding that did not come into the table. */
    public Binding refused() {
        return refused;
    }

    /** One of the bindings that share the address. */
    public Binding present() {
        return present;
    }
}
