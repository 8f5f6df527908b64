/**
 * The web application: sign in, ask who held an address and port at a time, and see the answer with its evidence. The
 * browser, the REST interface and the command line all go through {@code lookup.LookupDesk}, which checks the right to
 * ask and writes the audit log before it answers.
 */
package io.portledger.webapp;
