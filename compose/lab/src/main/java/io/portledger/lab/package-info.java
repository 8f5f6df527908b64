/**
 * A deployment of Lightweight 4over6 on one Linux machine, in network namespaces: hosts, lwB4s, an IPv6 router, a lwAFTR
 * and a host of the IPv4 Internet, with the real programs between them. Needs root.
 */
package io.portledger.lab;
