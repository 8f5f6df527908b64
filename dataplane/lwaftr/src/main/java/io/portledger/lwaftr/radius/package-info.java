/**
 * The lwAFTR as a client of RADIUS: who may have which binding is asked (RFC 2865, RFC 8658), what came of it is reported
 * (RFC 2866), and the AAA server may change it while it lasts (RFC 5176).
 *
 * <p>{@link io.portledger.lwaftr.radius.Radius} is the whole of it. Everything runs on the control thread and never
 * blocks it.
 */
package io.portledger.lwaftr.radius;
