package io.portledger.ledger;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How far the ledger has come.
 *
 * @param collectedUntil what exporters told of events up to here is in the ledger, as far as that is known; {@link
 *     Instant#EPOCH} if it is not
 * @param newestEvent the latest start or end of any interval, or null while the ledger is empty
 * @param intervals how many intervals it holds
 * @param gaps how many gaps it knows of
 */
public record Freshness(Instant collectedUntil, @Nullable Instant newestEvent, long intervals, long gaps) {}
