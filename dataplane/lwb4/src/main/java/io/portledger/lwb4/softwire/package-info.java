/**
 * The lwB4's end of the softwire: IPv4 packets of the hosts into IPv6 and back, through one TUN device.
 *
 * <p>Address and port translation is the kernel's: {@link io.portledger.lwb4.softwire.NftRules} writes the rules that
 * keep it inside the port set.
 */
package io.portledger.lwb4.softwire;
