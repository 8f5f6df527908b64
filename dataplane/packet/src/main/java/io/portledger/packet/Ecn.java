package io.portledger.packet;

/** What becomes of congestion marks when the outer header goes (RFC 6040 §4.2). */
public final class Ecn {

    public static final int NOT_ECT = 0;
    public static final int ECT_1 = 1;
    public static final int ECT_0 = 2;
    public static final int CE = 3;

    /** The packet must be dropped: it was marked, but its transport does not know marks. */
    public static final int DROP = -1;

    private Ecn() {}

    /** The inner mark after decapsulation, or {@link #DROP}. */
    public static int combine(int inner, int outer) {
        if (outer == CE) {
            return inner == NOT_ECT ? DROP : CE;
        }
        return inner == ECT_0 && outer == ECT_1 ? ECT_1 : inner;
    }

    /** Whether no rightful sender and no router makes this pair. */
    public static boolean isOdd(int inner, int outer) {
        return switch (inner) {
            case NOT_ECT -> outer != NOT_ECT;
            case ECT_1 -> outer == ECT_0;
            case CE -> outer == ECT_1;
            default -> false;
        };
    }
}
