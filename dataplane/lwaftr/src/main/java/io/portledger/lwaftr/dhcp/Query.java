package io.portledger.lwaftr.dhcp;

import io.portledger.dhcp.Dhcpv4Message;
import io.portledger.dhcp.Dhcpv4Option;
import io.portledger.dhcp.Dhcpv6Message;
import io.portledger.pcp.Nonce;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * A DHCPV4-QUERY that has what it must have.
 *
 * @param outer the DHCPv6 message
 * @param inner the DHCPv4 message in it
 * @param identifier which client it is
 * @param token by which the client's lease is known
 * @param route the way back
 */
record Query(
        Dhcpv6Message.Dhcpv4Query outer,
        Dhcpv4Message inner,
        Dhcpv4Option.ClientIdentifier identifier,
        Nonce token,
        Route route) {

    /** The first 96 bits of a digest: who knows the identifier may renew and release the lease, as with PCP's nonce. */
    static Nonce token(Dhcpv4Option.ClientIdentifier identifier) {
        try {
            ByteBuffer digest = ByteBuffer.wrap(MessageDigest.getInstance("SHA-256")
                    .digest(identifier.identifier().toBytes()));
            return new Nonce(digest.getLong(), digest.getInt());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
