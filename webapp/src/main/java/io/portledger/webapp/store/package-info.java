/** What the application itself has to remember, beside the audit log and the users. */
@NullMarked
package io.portledger.webapp.store;

import org.jspecify.annotations.NullMarked;
