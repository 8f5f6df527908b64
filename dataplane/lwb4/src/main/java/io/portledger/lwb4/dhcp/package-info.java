/**
 * DHCPv6 and DHCPv4 over DHCPv6 of an lwB4: the clients' rules, which know neither octets nor sockets, and the messages
 * that they become.
 */
package io.portledger.lwb4.dhcp;
