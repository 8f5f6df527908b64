package io.portledger.lwaftr;

/** Is told of every change of the binding table, on the control thread and in the order of the changes. */
@FunctionalInterface
public interface BindingListener {

    /** Must neither block nor throw: provisioning waits for it. */
    void onChange(BindingChange change);

    /**
     * One of as many changes as there are bindings, as when service begins or ends; else as {@link #onChange}. Whoever
     * keeps changes for later has to keep these however many they are.
     */
    default void onChangeOfAll(BindingChange change) {
        onChange(change);
    }

    /** The share of a service class's port sets that are held has passed a level, or nothing was left. */
    default void onPoolEvent(PoolEvent event) {}

    /**
     * Whether another {@link BindingChange.Kind#SNAPSHOT} may be told now. Whoever keeps changes for later says no in
     * time, so that repetitions never take the room of changes; the rest is told when there is room again.
     */
    default boolean hasRoomForSnapshot() {
        return true;
    }
}
