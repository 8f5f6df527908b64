/**
 * IPFIX messages (RFC 7011) both ways: octets in, typed records out, and back. There is no transport in here.
 *
 * <p>{@link io.portledger.ipfix.IpfixDecoder} reads messages by the templates that a
 * {@link io.portledger.ipfix.TemplateStore} remembers for one transport session and shows each record to an
 * {@link io.portledger.ipfix.IpfixVisitor}; {@link io.portledger.ipfix.IpfixEncoder} fills messages. Names, numbers and
 * types of fields come from an {@link io.portledger.ipfix.ElementRegistry}; fields that it does not know keep their
 * octets. Everything on the wire is big endian.
 */
package io.portledger.ipfix;
