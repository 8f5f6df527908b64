package io.portledger.collector;

import java.util.LinkedHashMap;
import java.util.Map;

/** When exporters were heard last; of the many, those that were heard last. */
final class HeardExporters {

    private final Map<String, Long> millis;

    HeardExporters(int max) {
        millis = new LinkedHashMap<>(16, 0.75f, true) {
            @Override
            protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
                return size() > max;
            }
        };
    }

    synchronized void onHeard(String exporter, long atMillis) {
        millis.merge(exporter, atMillis, Math::max);
    }

    /** A copy, those that were heard longest ago first. */
    synchronized Map<String, Long> lastHeardMillis() {
        return new LinkedHashMap<>(millis);
    }
}
