/** The Flink jobs: from events in Kafka to the documents of the ledger. */
package io.portledger.jobs;
