/**
 * Asking: what people type is read into a question, the right to ask is checked, the question is audited, the ledger is
 * asked, the answer is put into words.
 */
package io.portledger.webapp.lookup;
