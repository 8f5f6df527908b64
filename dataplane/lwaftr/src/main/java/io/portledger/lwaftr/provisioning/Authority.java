package io.portledger.lwaftr.provisioning;

import io.portledger.softwire.Ipv6Address;
import java.util.function.Consumer;

/** Who is asked whether an lwB4 that has no binding may have one, and which. Called on the control thread. */
@FunctionalInterface
public interface Authority {

    /** The answer. */
    sealed interface Verdict {}

    /** It may. */
    record Entitled(Entitlement entitlement) implements Verdict {}

    /**
     * It may not.
     *
     * @param reason for the log
     */
    record Denied(String reason) implements Verdict {}

    /**
     * Nobody could say.
     *
     * @param reason for the log
     */
    record Unavailable(String reason) implements Verdict {}

    /**
     * Asks.
     *
     * @param answer is called exactly once, on the control thread, perhaps before this method returns
     */
    void ask(Ipv6Address b4, Consumer<Verdict> answer);
}
