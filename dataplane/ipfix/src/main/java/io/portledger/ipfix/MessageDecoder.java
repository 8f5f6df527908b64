package io.portledger.ipfix;

import io.netty.buffer.ByteBuf;

/** Reads messages of one protocol and shows what they hold to an {@link IpfixVisitor}. For one thread. */
public sealed interface MessageDecoder permits IpfixDecoder, NetflowV9Decoder {

    /**
     * Reads one message from {@code in}, which must hold all of it, and moves the reader index behind it, or, if where it
     * ends cannot be told, to the end of {@code in}: a loop over a buffer with several messages ends in any case.
     *
     * @param session the templates of the transport session that the message came by
     * @return how many data records were shown
     * @throws IpfixException if the message is malformed, after which the session is as before
     */
    int decode(ByteBuf in, TemplateStore session, IpfixVisitor visitor) throws IpfixException;

    /**
     * Reads a data set that was kept until its template came, as if it were the only one of its message.
     *
     * @param header of the message that it came with, with the sequence number of the set's first record
     * @param octets the set without its header, as {@link IpfixVisitor#onUnknownSet} showed it
     * @return how many data records were shown
     * @throws IpfixException if the octets do not fit the template
     */
    int decodeSet(MessageHeader header, int setId, ByteBuf octets, TemplateStore session, IpfixVisitor visitor)
            throws IpfixException;
}
