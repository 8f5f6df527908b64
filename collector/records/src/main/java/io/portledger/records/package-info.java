/**
 * What travels through Kafka: the topics, their keys, and the bridge between the Protobuf messages of
 * {@code portledger.v1} and the values of {@link io.portledger.softwire}.
 */
@NullMarked
package io.portledger.records;

import org.jspecify.annotations.NullMarked;
