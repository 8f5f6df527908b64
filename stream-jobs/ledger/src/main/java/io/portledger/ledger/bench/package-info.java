/** How large the ledger is and how fast it answers, measured in a process of its own. */
package io.portledger.ledger.bench;
