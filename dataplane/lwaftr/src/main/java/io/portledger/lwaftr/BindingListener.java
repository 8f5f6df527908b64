package io.portledger.lwaftr;

/** Is told of every change of the binding table, on the control thread and in the order of the changes. */
@FunctionalInterface
public interface BindingListener {

    /** Must neither block nor throw: provisioning waits for it. */
    void onChange(BindingChange change);
}
