/** A Kafka broker and controller in one process, for one machine. */
package io.portledger.standalone.kafka;
