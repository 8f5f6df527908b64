package io.portledger.lwb4;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.portledger.softwire.Ipv6Address;
import java.io.IOException;
import java.util.function.Consumer;

/** Datagrams between an lwB4 and one server. Confined to the event loop that it was opened on. */
interface Line extends AutoCloseable {

    /** From which address the datagrams come, as the server sees it unless something translates; IPv4 as mapped. */
    Ipv6Address source();

    /** Sends a datagram, which may get lost, and releases the buffer. */
    void send(ByteBuf message);

    @Override
    void close();

    /** Opens lines to a server; a name is resolved anew each time. */
    interface Opener {

        /**
         * Opens a line.
         *
         * @param received is told each datagram of the server, on the loop; the buffer is released afterwards
         * @throws IOException with a message for the operator, if the server cannot be reached from here
         */
        Line open(EventLoop loop, Consumer<ByteBuf> received) throws IOException;
    }
}
