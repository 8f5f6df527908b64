/** The audit log: who asked what, when, why and from where, in a file that only grows and whose lines are chained. */
package io.portledger.webapp.audit;
