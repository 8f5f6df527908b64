package io.portledger.lwb4;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.portledger.lwb4.softwire.ControlPort;
import io.portledger.lwb4.softwire.SoftwireWorker;
import io.portledger.settings.HostPort;
import io.portledger.softwire.Ipv6Address;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.function.Consumer;

/** A line from the softwire's address, through its TUN device. */
final class SoftwireLine implements Line {

    private final Ipv6Address source;
    private final ControlPort port;

    private SoftwireLine(Ipv6Address source, ControlPort port) {
        this.source = source;
        this.port = port;
    }

    static Line open(
            SoftwireWorker worker, Ipv6Address source, HostPort server, EventLoop loop, Consumer<ByteBuf> received)
            throws IOException {
        InetAddress to = SocketLine.resolve(server.host());
        if (!(to instanceof Inet6Address)) {
            throw new IOException("the PCP server " + server + " has no IPv6 address");
        }
        ControlPort port = worker.openControlPort(
                source,
                Ipv6Address.fromBytes(to.getAddress(), 0),
                server.port(),
                message -> loop.execute(() -> received.accept(Unpooled.wrappedBuffer(message))));
        return new SoftwireLine(source, port);
    }

    @Override
    public Ipv6Address source() {
        return source;
    }

    @Override
    public void send(ByteBuf message) {
        try {
            port.send(ByteBufUtil.getBytes(message));
        } finally {
            message.release();
        }
    }

    @Override
    public void close() {
        port.close();
    }
}
