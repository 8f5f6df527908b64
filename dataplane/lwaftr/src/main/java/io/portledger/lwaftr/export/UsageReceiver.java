package io.portledger.lwaftr.export;

import io.portledger.lwaftr.BindingUsage;

/** Is told what bindings carried, on the control thread. */
public interface UsageReceiver {

    /**
     * Must neither block nor throw.
     *
     * @param isOfAll whether it is one of as many as there are bindings, for which nobody may run out of room
     */
    void onUsage(BindingUsage usage, boolean isOfAll);

    /** Whether more may be told now; if not, it is told later, for a longer time. */
    boolean hasRoomForUsage();
}
