/** Deletion of what may no longer be kept. */
package io.portledger.webapp.retention;
