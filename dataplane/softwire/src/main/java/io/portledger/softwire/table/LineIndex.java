package io.portledger.softwire.table;

/**
 * A map from keys of 64 or 128 bits to the line (or whatever positive number) where each was first seen, for tables of
 * tens of millions of entries: 16 or 24 octets a slot, open addressing, no removal.
 */
final class LineIndex {

    private final int wordsPerKey;
    private long[] keys;
    private long[] values;
    private int size;

    private LineIndex(int wordsPerKey) {
        this.wordsPerKey = wordsPerKey;
        keys = new long[wordsPerKey * 16];
        values = new long[16];
    }

    static LineIndex of64BitKeys() {
        return new LineIndex(1);
    }

    static LineIndex of128BitKeys() {
        return new LineIndex(2);
    }

    /** The value of the key if it has one, else 0 after giving it {@code value}, which must not be 0. */
    long putIfAbsent(long high, long low, long value) {
        if (size > values.length / 3 * 2) {
            grow();
        }
        int slot = slotOf(high, low);
        if (values[slot] != 0) {
            return values[slot];
        }
        put(slot, high, low, value);
        size++;
        return 0;
    }

    long putIfAbsent(long key, long value) {
        return putIfAbsent(0, key, value);
    }

    private void put(int slot, long high, long low, long value) {
        if (wordsPerKey == 2) {
            keys[2 * slot] = high;
            keys[2 * slot + 1] = low;
        } else {
            keys[slot] = low;
        }
        values[slot] = value;
    }

    private int slotOf(long high, long low) {
        int mask = values.length - 1;
        int slot = hash(high, low) & mask;
        while (values[slot] != 0 && !isAt(slot, high, low)) {
            slot = (slot + 1) & mask;
        }
        return slot;
    }

    private boolean isAt(int slot, long high, long low) {
        return wordsPerKey == 2 ? keys[2 * slot] == high && keys[2 * slot + 1] == low : keys[slot] == low;
    }

    private void grow() {
        long[] oldKeys = keys;
        long[] oldValues = values;
        keys = new long[Math.multiplyExact(oldKeys.length, 2)];
        values = new long[oldValues.length * 2];
        for (int i = 0; i < oldValues.length; i++) {
            if (oldValues[i] != 0) {
                long high = wordsPerKey == 2 ? oldKeys[2 * i] : 0;
                long low = wordsPerKey == 2 ? oldKeys[2 * i + 1] : oldKeys[i];
                put(slotOf(high, low), high, low, oldValues[i]);
            }
        }
    }

    /** The finalizer of SplitMix64: neighbouring addresses must not become neighbouring slots in long runs. */
    private static int hash(long high, long low) {
        long z = low + high * 0x9e3779b97f4a7c15L;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return (int) (z ^ (z >>> 31));
    }
}
