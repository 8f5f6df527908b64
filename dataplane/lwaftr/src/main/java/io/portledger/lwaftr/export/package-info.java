/**
 * How the world learns of bindings: every change of the binding table as an IPFIX record (RFC 7011, RFC 8158) and as a
 * syslog message (RFC 5424).
 *
 * <p>{@link io.portledger.lwaftr.export.BindingExport} is the whole of it for the lwAFTR. The control thread only puts a
 * change into a queue; one thread of the export's own does the rest. What cannot be sent is counted, never passed over in
 * silence.
 */
package io.portledger.lwaftr.export;
