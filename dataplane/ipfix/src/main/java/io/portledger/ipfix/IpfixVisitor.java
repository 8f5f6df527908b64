package io.portledger.ipfix;

import io.netty.buffer.ByteBuf;

/**
 * Is shown what a message holds, in its order. Nothing is shown of a malformed message (RFC 7011 §9.1). What it throws
 * ends the decoding of the message and reaches the decoder's caller.
 */
public interface IpfixVisitor {

    /** What became of a template. */
    enum TemplateChange {
        /** It is new. */
        DEFINED,
        /** It came again, unchanged. */
        REFRESHED,
        /** It took the place of another with its id, without a withdrawal: normal over UDP. */
        REPLACED,
        /** It is no longer in use. */
        WITHDRAWN
    }

    /** A message begins. */
    default void onMessage(MessageHeader header) {}

    /**
     * A template was defined or withdrawn. The same {@link Template} object stays in use until it is replaced or
     * withdrawn, so that what is found out about it can be kept by identity.
     */
    default void onTemplate(TemplateChange change, Template template) {}

    /**
     * A withdrawal had no effect, because the session is over UDP or has no such template.
     *
     * @param templateId the template, or 2 or 3 for all templates or all options templates
     */
    default void onIgnoredWithdrawal(int templateId) {}

    /** A data record, of a template or of an options template; valid only during the call. */
    void onRecord(DataRecord record);

    /**
     * A data set whose template is not known: over UDP, before the template came. How many records it holds cannot be
     * told, so sequence numbers of later records in the same message are too low.
     *
     * @param octets the set without its header, with any padding; valid only during the call
     */
    default void onUnknownSet(int setId, ByteBuf octets) {}
}
