package io.portledger.ledger;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How far the ledger has come.
 *
 * @param newestEvent the latest start or end of any interval, or null while the ledger is empty
 * @param intervals how many intervals it holds
 * @param gaps how many gaps it knows of
 */
public record Freshness(@Nullable Instant newestEvent, long intervals, long gaps) {}
