/**
 * Bindings by the decision of the supporting system: RESTCONF (RFC 8040, RFC 8676) and a compacted Kafka topic; and the
 * routes that follow from what is provisioned.
 *
 * <p>Whatever changes bindings here does so on the control thread of the lwAFTR, all of a change or nothing.
 */
package io.portledger.lwaftr.supporting;
