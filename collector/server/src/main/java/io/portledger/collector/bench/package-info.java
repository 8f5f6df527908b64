/** What measures the collector: the stream of records that it and others are fed with. */
@NullMarked
package io.portledger.collector.bench;

import org.jspecify.annotations.NullMarked;
