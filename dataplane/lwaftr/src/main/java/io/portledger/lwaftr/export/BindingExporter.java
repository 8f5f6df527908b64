package io.portledger.lwaftr.export;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.util.ReferenceCountUtil;
import io.portledger.lwaftr.BindingChange;
import io.portledger.lwaftr.BindingListener;
import io.portledger.lwaftr.PoolEvent;
import io.portledger.settings.HostPort;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells one receiver of every change of the binding table. The socket is opened in the background, and again, with
 * growing pauses, after it was lost; meanwhile changes wait in a bounded queue, of which a full one keeps the oldest.
 *
 * <p>{@link #onChange} may be called from any thread, and neither blocks nor throws. The counters may be read from any
 * thread; they count from the start on and never decrease.
 */
public abstract sealed class BindingExporter implements BindingListener, AutoCloseable
        permits IpfixExporter, SyslogExporter {

    private static final Logger log = LoggerFactory.getLogger(BindingExporter.class);

    private static final int POOL_EVENTS = 1000;
    private static final long FIRST_PAUSE_MILLIS = 100;
    private static final long LONGEST_PAUSE_MILLIS = 30_000;
    private static final long CLOSE_CHECK_MILLIS = 5;
    private static final long CLOSE_LIMIT_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final long LONGEST_CLOSE_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final long WARNING_INTERVAL_NANOS = TimeUnit.MINUTES.toNanos(1);

    final EventLoop loop;
    final SendQueue<BindingChange> queue;

    /** What happened to service classes: rare, and limited where it comes from. */
    final SendQueue<PoolEvent> poolEvents = new SendQueue<>(POOL_EVENTS);

    private final String name;
    private final HostPort receiver;
    private final long maxDelayMillis;
    private final int urgentSize;

    private final AtomicBoolean isDrainScheduled = new AtomicBoolean();
    private final AtomicBoolean isDrainUrgent = new AtomicBoolean();
    private final AtomicBoolean isClosing = new AtomicBoolean();

    final AtomicLong records = new AtomicLong();
    final AtomicLong messages = new AtomicLong();
    final AtomicLong drops = new AtomicLong();
    private final AtomicLong socketErrors = new AtomicLong();

    // Confined to the event loop.
    @Nullable
    Channel channel;

    private boolean isOpening;
    private boolean isClosed;
    private long pauseMillis = FIRST_PAUSE_MILLIS;
    private long lastWarningNanos = System.nanoTime() - WARNING_INTERVAL_NANOS;
    private long warningsLeftOut;

    /**
     * @param name how log lines call the exporter
     * @param urgentSize how many waiting changes are sent without further delay
     */
    BindingExporter(
            EventLoop loop, String name, HostPort receiver, int queueCapacity, long maxDelayMillis, int urgentSize) {
        this.loop = loop;
        this.name = name;
        this.receiver = receiver;
        this.queue = new SendQueue<>(queueCapacity);
        this.maxDelayMillis = maxDelayMillis;
        this.urgentSize = urgentSize;
    }

    /** A socket to be connected, without its group and handler. */
    abstract Bootstrap bootstrap();

    /** The socket is there, for the first time or again. */
    abstract void opened(Channel newChannel);

    /** The socket is lost. What was under way and did not get out may be taken back. */
    abstract void lost();

    /** An error came back from the network. */
    abstract void failed();

    /** Sends what waits, as far as {@code to} takes it. */
    abstract void drain(Channel to);

    /** Whether anything that was handed to the socket is still on its way out, or waits to be sent again. */
    abstract boolean isUnderWay();

    /** Gives up what waits to be sent again, and what {@link #otherQueuedCount} counts, and returns how much that was. */
    abstract int abandon();

    /** A change, or what happened to a service class, found no room or came too late; any thread. */
    abstract void dropped();

    /** How many records wait that are neither changes nor of service classes. */
    abstract int otherQueuedCount();

    /** Changes that were handed to the network. */
    public long recordCount() {
        return records.get();
    }

    /** Messages that were handed to the network, those with nothing but templates included. */
    public long messageCount() {
        return messages.get();
    }

    /** Changes that the receiver will never be told: the queue was full, or the socket refused them. */
    public long dropCount() {
        return drops.get();
    }

    /** Errors of the socket: it could not be opened, was lost, or refused a message. */
    public long socketErrorCount() {
        return socketErrors.get();
    }

    /** Changes and other records that wait to be sent. */
    public int queuedCount() {
        return queue.size() + poolEvents.size() + otherQueuedCount();
    }

    @Override
    public final void onChange(BindingChange change) {
        boolean isRepetition = change.kind() == BindingChange.Kind.SNAPSHOT;
        tookEvent(!isClosing.get() && (isRepetition ? queue.offerRepetition(change) : queue.offer(change)));
    }

    @Override
    public final void onPoolEvent(PoolEvent event) {
        tookEvent(!isClosing.get() && poolEvents.offer(event));
    }

    @Override
    public final void onChangeOfAll(BindingChange change) {
        boolean isQueued = !isClosing.get();
        if (isQueued) {
            queue.add(change);
        }
        tookEvent(isQueued);
    }

    @Override
    public final boolean hasRoomForSnapshot() {
        return queue.isHalfFree();
    }

    private void tookEvent(boolean isQueued) {
        if (!isQueued) {
            dropped();
        }
        took(isQueued);
    }

    /** Something was put into a queue, or found no room there. */
    final void took(boolean isQueued) {
        if (isQueued) {
            sendSoon();
        } else {
            onDrop();
        }
    }

    final boolean isClosing() {
        return isClosing.get();
    }

    private void onDrop() {
        if (drops.incrementAndGet() == 1) {
            onLoop(() -> warn("a record is dropped: the queue is full or closed"));
        }
    }

    private void sendSoon() {
        if (queuedCount() >= urgentSize) {
            if (isDrainUrgent.compareAndSet(false, true)) {
                onLoop(() -> {
                    isDrainUrgent.set(false);
                    drainIfOpen();
                });
            }
        } else if (isDrainScheduled.compareAndSet(false, true)) {
            onLoop(() -> {
                var _ = loop.schedule(
                        () -> {
                            isDrainScheduled.set(false);
                            drainIfOpen();
                        },
                        maxDelayMillis,
                        TimeUnit.MILLISECONDS);
            });
        }
    }

    /**
     * Sends what still waits, until nothing was sent for some seconds or a minute is over, and closes the socket.
     * Idempotent; blocks until it is done.
     */
    @Override
    public final void close() {
        CompletableFuture<Void> done = new CompletableFuture<>();
        if (isClosing.compareAndSet(false, true)
                && onLoop(() -> finish(done, System.nanoTime(), System.nanoTime(), queuedCount()))) {
            done.join();
        }
    }

    final void start() {
        onLoop(this::open);
    }

    final void drainIfOpen() {
        Channel open = channel;
        if (open != null && open.isActive()) {
            drain(open);
        }
    }

    /** Logs what happened, but at most once in a while. */
    final void warn(String what) {
        long now = System.nanoTime();
        if (now - lastWarningNanos < WARNING_INTERVAL_NANOS) {
            warningsLeftOut++;
            return;
        }
        lastWarningNanos = now;
        log.warn(
                "{} to {}: {} (dropped so far: {}; socket errors so far: {}; warnings not shown since the last: {})",
                name,
                receiver,
                what,
                drops.get(),
                socketErrors.get(),
                warningsLeftOut);
        warningsLeftOut = 0;
    }

    final void socketError(Throwable cause) {
        socketErrors.incrementAndGet();
        warn(cause.toString());
    }

    private void open() {
        if (isClosed || isOpening || channel != null) {
            return;
        }
        isOpening = true;
        // Unresolved, so that a name is looked up anew each time.
        bootstrap()
                .group(loop)
                .handler(new Handler())
                .connect(InetSocketAddress.createUnresolved(receiver.host(), receiver.port()))
                .addListener((ChannelFuture connected) -> {
                    isOpening = false;
                    if (connected.isSuccess()) {
                        if (isClosed) {
                            var _ = connected.channel().close();
                            return;
                        }
                        pauseMillis = FIRST_PAUSE_MILLIS;
                        channel = connected.channel();
                        opened(connected.channel());
                        drainIfOpen();
                    } else {
                        socketError(connected.cause());
                        openLater();
                    }
                });
    }

    private void openLater() {
        if (!isClosed && !isClosing.get()) {
            var _ = loop.schedule(this::open, pauseMillis, TimeUnit.MILLISECONDS);
            pauseMillis = Math.min(2 * pauseMillis, LONGEST_PAUSE_MILLIS);
        }
    }

    /** @param lastProgressNanos when there were last fewer left than before */
    private void finish(CompletableFuture<Void> done, long begunNanos, long lastProgressNanos, int leftBefore) {
        drainIfOpen();
        long now = System.nanoTime();
        int left = queuedCount();
        long progressNanos = left < leftBefore ? now : lastProgressNanos;
        boolean isInTime = now - progressNanos < CLOSE_LIMIT_NANOS && now - begunNanos < LONGEST_CLOSE_NANOS;
        boolean isWaitingPointless = channel == null && !isOpening;
        boolean isSomethingLeft = left > 0 || isUnderWay();
        if (isSomethingLeft && !isWaitingPointless && isInTime) {
            var _ = loop.schedule(
                    () -> finish(done, begunNanos, progressNanos, left), CLOSE_CHECK_MILLIS, TimeUnit.MILLISECONDS);
            return;
        }
        isClosed = true;
        Channel open = channel;
        channel = null;
        if (open != null) {
            var _ = open.close();
        }
        int given = abandon();
        while (queue.poll() != null || poolEvents.poll() != null) {
            given++;
        }
        if (given > 0) {
            drops.addAndGet(given);
            log.warn("{} to {}: closed with {} records unsent", name, receiver, given);
        }
        done.complete(null);
    }

    private boolean onLoop(Runnable task) {
        try {
            loop.execute(task);
            return true;
        } catch (RejectedExecutionException e) {
            // The event loop was shut down first; there is nobody left to send anything.
            return false;
        }
    }

    private final class Handler extends ChannelInboundHandlerAdapter {

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext context) {
            if (context.channel().isWritable()) {
                drainIfOpen();
            }
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            // Nobody has anything to say to an exporter.
            ReferenceCountUtil.release(message);
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            if (context.channel().equals(channel)) {
                channel = null;
                lost();
                socketErrors.incrementAndGet();
                warn("the connection was lost");
                openLater();
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            socketError(cause);
            failed();
        }
    }
}
