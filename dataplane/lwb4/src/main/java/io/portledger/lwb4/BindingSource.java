package io.portledger.lwb4;

import io.portledger.lwb4.softwire.SoftwireWorker;
import io.portledger.softwire.Binding;
import java.io.IOException;
import java.time.InstantSource;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Where an lwB4's binding comes from. */
interface BindingSource extends AutoCloseable {

    /** Who is told; by one thread at a time, which must not be blocked. */
    interface Listener {

        /** This is the binding now, whether or not it was so before. */
        void obtained(Binding binding);

        /** There is no binding now. */
        void lost();

        /** Something that the operator may want to know, in a sentence. */
        void noted(String sentence);
    }

    /**
     * Starts the source that the settings want.
     *
     * @param worker through which packets are forwarded, if they are
     * @throws IOException if a server that the settings name cannot be reached from here
     */
    static BindingSource start(
            Lwb4Settings settings,
            @Nullable SoftwireWorker worker,
            InstantSource clock,
            RandomGenerator random,
            Listener listener)
            throws IOException {
        if (settings.provisioning() == Lwb4Settings.Provisioning.STATIC) {
            return StaticSource.start(settings.softwire(), random, listener);
        }
        boolean isComplete =
                settings.pcpServer() != null && (settings.softwire().lwaftr() != null || worker == null);
        boolean mayAsk = !settings.dhcp().interfaceName().isEmpty();
        if (settings.provisioning() == Lwb4Settings.Provisioning.PCP && (isComplete || !mayAsk)) {
            return PcpSource.start(
                    settings, worker, settings.softwire().lwaftr(), settings.pcpServer(), clock, random, listener);
        }
        return DhcpSource.start(settings, worker, clock, random, listener);
    }

    /** Gives back what it can, and ends; the listener may be told until it returns. */
    @Override
    void close();
}
