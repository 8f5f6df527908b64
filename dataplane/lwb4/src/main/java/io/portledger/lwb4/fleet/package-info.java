/**
 * Thousands of lwB4s in one process, for demonstrations and tests, and what they know to be true about who held what.
 */
package io.portledger.lwb4.fleet;
