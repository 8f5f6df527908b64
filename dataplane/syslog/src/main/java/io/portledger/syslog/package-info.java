/**
 * Syslog as RFC 5424 has it: the message, its text form both ways, and its framing on TCP (RFC 6587); and the words of
 * the NAT logging draft that exporter and collector share.
 *
 * <p>No transport in here: octets in, {@link io.portledger.syslog.SyslogMessage} out, and back.
 */
@NullMarked
package io.portledger.syslog;

import org.jspecify.annotations.NullMarked;
