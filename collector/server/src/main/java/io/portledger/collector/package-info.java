/**
 * The collector: takes IPFIX over UDP and syslog over UDP and TCP, turns what speaks of bindings into
 * {@code BindingEvent}s with their evidence, and hands them to Kafka. Nothing that arrives disappears: it becomes an
 * event, or an {@code Undecodable} with the reason, or a counted loss with an {@code ExporterGap}.
 *
 * <p>Listeners decode on Netty's event loops; one sender thread feeds the Kafka producer, so that a broker that is away
 * never blocks a listener. {@link io.portledger.collector.Collector} is the whole of it.
 */
@NullMarked
package io.portledger.collector;

import org.jspecify.annotations.NullMarked;
