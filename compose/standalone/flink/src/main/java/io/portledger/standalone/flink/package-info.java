/** A Flink cluster in one process, for one machine, that runs the product's jobs and nothing else. */
package io.portledger.standalone.flink;
