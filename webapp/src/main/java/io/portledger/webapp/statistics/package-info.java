/** What the jobs summed up and found, for whoever may see it. */
package io.portledger.webapp.statistics;
