package io.portledger.lwb4;

import static java.util.Objects.requireNonNull;

import io.portledger.lwb4.softwire.LwaftrName;
import io.portledger.lwb4.softwire.SoftwireSettings;
import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/** A binding from the settings; only the lwAFTR's name may have to be looked up, until the DNS knows it. */
final class StaticSource implements BindingSource {

    private static final Duration BETWEEN_LOOKUPS = Duration.ofSeconds(10);

    private final SoftwireSettings softwire;
    private final RandomGenerator random;
    private final Listener listener;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("lwb4-static").daemon().factory());

    private StaticSource(SoftwireSettings softwire, RandomGenerator random, Listener listener) {
        this.softwire = softwire;
        this.random = random;
        this.listener = listener;
    }

    /** @param softwire with a binding and an lwAFTR */
    static StaticSource start(SoftwireSettings softwire, RandomGenerator random, Listener listener) {
        StaticSource source = new StaticSource(softwire, random, listener);
        source.thread.execute(source::bind);
        return source;
    }

    private void bind() {
        LwaftrName lwaftr = requireNonNull(softwire.lwaftr());
        Ipv4Address ipv4 = requireNonNull(softwire.ipv4());
        PortSet ports = requireNonNull(softwire.portSet());
        Ipv6Address address = softwire.addressFor(ipv4, ports).orElseThrow();
        try {
            listener.obtained(new Binding(address, ipv4, ports, lwaftr.resolve(random)));
        } catch (UnknownHostException e) {
            listener.noted(e.getMessage() + "; next try in " + BETWEEN_LOOKUPS.toSeconds() + " s");
            var _ = thread.schedule(this::bind, BETWEEN_LOOKUPS.toSeconds(), TimeUnit.SECONDS);
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
