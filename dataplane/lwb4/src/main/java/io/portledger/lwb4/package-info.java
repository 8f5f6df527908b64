/**
 * The lwB4 of RFC 7596: the subscriber's end of the softwire.
 *
 * <p>It obtains, renews and releases a binding by PCP, or forwards packets by one that the settings give
 * ({@link io.portledger.lwb4.softwire}). {@link io.portledger.lwb4.fleet} runs thousands of PCP clients in one process.
 */
package io.portledger.lwb4;
