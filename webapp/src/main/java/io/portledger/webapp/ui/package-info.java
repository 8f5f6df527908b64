/** The views in the browser. They hold no rules of their own: what may be asked and what is audited is decided below. */
package io.portledger.webapp.ui;
