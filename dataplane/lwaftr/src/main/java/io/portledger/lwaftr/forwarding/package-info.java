/**
 * The data plane of the lwAFTR: the binding table and the engine that encapsulates, decapsulates and answers.
 *
 * <p>{@link io.portledger.lwaftr.forwarding.BindingTable} is written by the control thread and read by forwarding
 * workers; a {@code Forwarder} belongs to one worker. Section numbers without further
 * word are those of RFC 7596.
 */
package io.portledger.lwaftr.forwarding;
