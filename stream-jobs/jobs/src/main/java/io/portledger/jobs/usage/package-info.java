/** The usage job: what bindings carried, and how much exporters and networks change, by the hour and by the day. */
package io.portledger.jobs.usage;
