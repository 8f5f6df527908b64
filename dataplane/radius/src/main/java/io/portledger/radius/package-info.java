/**
 * RADIUS packets (RFC 2865, 2866, 5176) with the attributes of softwires: Softwire46-Configuration and
 * Softwire46-Priority (RFC 8658), DS-Lite-Tunnel-Name (RFC 6519) and IP-Port-Range (RFC 8045).
 *
 * <p>No sockets, no clocks, no state. {@link io.portledger.radius.RadiusCodec} turns packets to octets and back and checks
 * their authenticators; {@link io.portledger.radius.RadiusAttribute} is one attribute, whatever its type. All values are
 * immutable and all numbers on the wire in network byte order.
 */
package io.portledger.radius;
