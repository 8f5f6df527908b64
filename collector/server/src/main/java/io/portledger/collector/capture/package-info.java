/** What captured packets carry: datagrams, and streams of octets in their order. Knows nothing of IPFIX and syslog. */
@NullMarked
package io.portledger.collector.capture;

import org.jspecify.annotations.NullMarked;
