/**
 * The command line {@code portledger}, and everything on one machine: {@link io.portledger.standalone.Standalone} starts
 * and supervises Kafka, Elasticsearch, Flink, the collector and the web application as child processes.
 */
package io.portledger.standalone;
