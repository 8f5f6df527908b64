/**
 * The lwB4 of RFC 7596: the subscriber's end of the softwire.
 *
 * <p>In this version it obtains, renews and releases its binding by PCP; it does not translate or forward packets yet.
 * {@link io.portledger.lwb4.fleet} runs thousands of them in one process.
 */
package io.portledger.lwb4;
