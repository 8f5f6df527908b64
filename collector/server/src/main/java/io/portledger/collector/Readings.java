package io.portledger.collector;

import io.portledger.ipfix.DataRecord;
import io.portledger.records.BindingFact;
import io.portledger.records.v1.Evidence;
import io.portledger.records.v1.NatCondition;
import io.portledger.records.v1.PortUsage;

/** Takes what the records of an IPFIX session turn out to say; for one thread. */
interface Readings {

    /**
     * Adds a binding event.
     *
     * @param source where it comes from
     * @param record what says so, valid during the call
     */
    void add(BindingFact fact, SessionSource source, DataRecord record, long receivedMillis);

    /** Adds what a NAT told of its resources. */
    void add(NatCondition condition);

    /** Adds what a binding carried. */
    void add(PortUsage usage);

    /** Adds input that is no binding event, and counts it. */
    void add(Reading.NoBinding noBinding, Evidence evidence);

    /** Hands over what was collected. */
    void flush();
}
