package io.portledger.lwb4;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.portledger.lwb4.softwire.LwaftrName;
import io.portledger.lwb4.softwire.SoftwireWorker;
import io.portledger.settings.HostPort;
import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A binding by PCP for the address that asks (RFC 7753): the softwire's, through its device; without a device, that of
 * this machine.
 */
final class PcpSource implements BindingSource {

    /** RFC 6887 §19.1. */
    private static final int PCP_PORT = 5351;

    private static final long RELEASE_SECONDS = 5;

    private final @Nullable SoftwireWorker worker;
    private final @Nullable LwaftrName lwaftr;
    private final @Nullable HostPort server;
    private final RandomGenerator random;
    private final Listener listener;
    private final Lwb4Settings settings;
    private final Lwb4 lwb4;
    private volatile Ipv6Address br = Ipv6Address.UNSPECIFIED;
    private volatile Ipv6Address source = Ipv6Address.UNSPECIFIED;

    private PcpSource(
            Lwb4Settings settings,
            @Nullable SoftwireWorker worker,
            @Nullable LwaftrName lwaftr,
            @Nullable HostPort server,
            InstantSource clock,
            RandomGenerator random,
            Listener listener) {
        this.settings = settings;
        this.worker = worker;
        this.lwaftr = lwaftr;
        this.server = server;
        this.random = random;
        this.listener = listener;
        lwb4 = Lwb4.start(settings, this::open, clock, random, this::settled);
    }

    /**
     * Asks for a binding.
     *
     * @param lwaftr the softwire's other end; null only with a {@code server} and without a device
     * @param server null: the lwAFTR serves PCP
     * @throws IOException if the server cannot be reached from here
     */
    static PcpSource start(
            Lwb4Settings settings,
            @Nullable SoftwireWorker worker,
            @Nullable LwaftrName lwaftr,
            @Nullable HostPort server,
            InstantSource clock,
            RandomGenerator random,
            Listener listener)
            throws IOException {
        try {
            return new PcpSource(settings, worker, lwaftr, server, clock, random, listener);
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private Line open(EventLoop loop, Consumer<ByteBuf> received) throws IOException {
        if (lwaftr != null) {
            br = lwaftr.resolve(random);
        }
        HostPort to = server != null ? server : new HostPort(br.toString(), PCP_PORT);
        Line line;
        if (worker == null) {
            line = Lwb4.reaching(to).open(loop, received);
        } else {
            Ipv6Address own = settings.softwire().addressToAskFrom().orElseThrow();
            line = SoftwireLine.open(worker, own, to, loop, received);
        }
        source = line.source();
        return line;
    }

    private void settled(PcpClient.Outcome outcome) {
        switch (outcome) {
            case PcpClient.Bound(Holding holding) -> {
                listener.noted("Binding: " + holding + " until " + holding.expiresAt());
                bind(holding);
            }
            case PcpClient.Renewed renewed -> {
                listener.noted("Renewed until " + renewed.holding().expiresAt());
                bind(renewed.holding());
            }
            case PcpClient.Released released -> {
                listener.noted("Released.");
                listener.lost();
            }
            case PcpClient.Lost(Holding holding) -> {
                listener.noted("Lost: " + holding);
                listener.lost();
            }
            case PcpClient.Refused refused ->
                listener.noted("No: " + refused.reason() + "; next try in "
                        + refused.retryAfter().toSeconds() + " s");
        }
    }

    private void bind(Holding holding) {
        Optional<PortSet> ports = holding.portSet();
        if (ports.isPresent()) {
            listener.obtained(new Binding(source, holding.ipv4(), ports.get(), br));
        } else {
            listener.noted("These ports are no port set, so nothing is forwarded by them. Set "
                    + "lwb4.learn-further-ranges to true if it is false.");
            listener.lost();
        }
    }

    @Override
    public void close() {
        try {
            lwb4.release().get(RELEASE_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            listener.noted("The lwAFTR does not answer; the binding lasts until its lifetime ends.");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } finally {
            lwb4.close();
        }
    }
}
