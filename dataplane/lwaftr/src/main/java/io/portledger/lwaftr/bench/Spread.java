package io.portledger.lwaftr.bench;

import java.util.Collection;
import java.util.Locale;

/**
 * Several measurements of the same.
 *
 * @param median the one in the middle, or the mean of both in the middle
 */
record Spread(double median, double min, double max) {

    static Spread of(Collection<Double> values) {
        double[] sorted =
                values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        if (sorted.length == 0) {
            throw new IllegalArgumentException("there is no median of nothing");
        }
        int half = sorted.length / 2;
        return new Spread(
                sorted.length % 2 != 0 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2,
                sorted[0],
                sorted[sorted.length - 1]);
    }

    /** Median (min-max). */
    String toString(int digits) {
        String number = "%." + digits + "f";
        return String.format(Locale.ROOT, number + " (" + number + "-" + number + ")", median, min, max);
    }
}
