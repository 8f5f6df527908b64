/** Why a question may be asked: cases with their legal basis, what they may disclose, and who approved. */
@NullMarked
package io.portledger.webapp.cases;

import org.jspecify.annotations.NullMarked;
