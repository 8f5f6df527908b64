/**
 * The ledger: who held which ports of which public IPv4 address, and when.
 *
 * <p>{@code Ledger.whoHeld} is the one look-up of the product; the web application, the REST interface and the command
 * line all ask it. Answers are immutable values.
 */
package io.portledger.ledger;
