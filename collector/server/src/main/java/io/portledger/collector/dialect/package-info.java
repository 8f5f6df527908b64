/**
 * Dialects: how the NATs of a vendor write to syslog what the ledger wants to know, declared in YAML files. They come with
 * the collector or from the operator; docs/dialects.md tells how to write one.
 */
@NullMarked
package io.portledger.collector.dialect;

import org.jspecify.annotations.NullMarked;
