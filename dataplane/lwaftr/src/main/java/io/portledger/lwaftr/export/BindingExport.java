package io.portledger.lwaftr.export;

import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.portledger.lwaftr.BindingChange;
import io.portledger.lwaftr.BindingListener;
import io.portledger.lwaftr.BindingUsage;
import io.portledger.lwaftr.PoolEvent;
import io.portledger.settings.HostPort;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Tells every collector and syslog receiver of the settings of each change of the binding table, from one thread of its
 * own. Its exporters are made to be listeners of the lwAFTR, best one by one, so that none waits for another's room to
 * hear a snapshot; it is to be closed when the lwAFTR has told the last change.
 */
public final class BindingExport implements BindingListener, UsageReceiver, AutoCloseable {

    private final EventLoopGroup group;
    private final List<BindingExporter> exporters;
    private final List<IpfixExporter> ipfix;

    private BindingExport(EventLoopGroup group, List<BindingExporter> exporters, List<IpfixExporter> ipfix) {
        this.group = group;
        this.exporters = List.copyOf(exporters);
        this.ipfix = List.copyOf(ipfix);
    }

    /**
     * Starts the exporters. Receivers that cannot be reached are tried again in the background.
     *
     * @param clock the time of IPFIX messages; records have the time of their change
     */
    public static BindingExport start(ExportSettings settings, InstantSource clock) {
        EventLoopGroup group = new MultiThreadIoEventLoopGroup(
                1, new DefaultThreadFactory("lwaftr-export", true), NioIoHandler.newFactory());
        EventLoop loop = group.next();
        List<IpfixExporter> ipfix = new ArrayList<>();
        for (HostPort collector : settings.ipfix().collectors()) {
            ipfix.add(IpfixExporter.start(loop, collector, settings, clock));
        }
        List<BindingExporter> exporters = new ArrayList<>(ipfix);
        for (SyslogReceiver receiver : settings.syslog().receivers()) {
            exporters.add(SyslogExporter.start(loop, receiver, settings));
        }
        return new BindingExport(group, exporters, ipfix);
    }

    /** The exporters, first those to IPFIX collectors, in the order of the settings; for their counters. */
    public List<BindingExporter> exporters() {
        return exporters;
    }

    @Override
    public void onChange(BindingChange change) {
        for (int i = 0; i < exporters.size(); i++) {
            exporters.get(i).onChange(change);
        }
    }

    @Override
    public void onChangeOfAll(BindingChange change) {
        exporters.forEach(exporter -> exporter.onChangeOfAll(change));
    }

    @Override
    public boolean hasRoomForSnapshot() {
        return exporters.stream().allMatch(BindingExporter::hasRoomForSnapshot);
    }

    @Override
    public void onPoolEvent(PoolEvent event) {
        exporters.forEach(exporter -> exporter.onPoolEvent(event));
    }

    @Override
    public void onUsage(BindingUsage usage, boolean isOfAll) {
        for (int i = 0; i < ipfix.size(); i++) {
            ipfix.get(i).onUsage(usage, isOfAll);
        }
    }

    /** Whether any collector's exporter has room: one that is not there must not keep it from the others. */
    @Override
    public boolean hasRoomForUsage() {
        for (int i = 0; i < ipfix.size(); i++) {
            if (ipfix.get(i).hasRoomForUsage()) {
                return true;
            }
        }
        return false;
    }

    /** Sends what still waits, for at most some seconds for each exporter, and ends. Idempotent. */
    @Override
    public void close() {
        exporters.forEach(BindingExporter::close);
        group.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
    }
}
