package io.portledger.lwaftr.supporting;

import io.portledger.softwire.table.BindingEntry;
import io.portledger.softwire.table.BindingTableException;
import io.portledger.softwire.table.JsonBindingReader;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Records of the topic, bodies and paths of RESTCONF, under arbitrary octets: what a fuzzer calls, and what its findings
 * are replayed with. The first octet says what it is; of a record the second is the length of the key.
 */
public final class SupportingFuzz {

    private SupportingFuzz() {}

    /** The fuzzer's entry. */
    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length < 2) {
            return;
        }
        byte[] rest = Arrays.copyOfRange(input, 1, input.length);
        switch (input[0] & 7) {
            case 0, 1 -> record(rest);
            case 2 -> body(rest, JsonBindingReader.Root.TABLE);
            case 3 -> body(rest, JsonBindingReader.Root.ENTRIES);
            case 4 -> body(rest, JsonBindingReader.Root.ENTRY);
            default -> path(rest);
        }
    }

    private static void record(byte[] octets) {
        int length = Math.min(octets[0] & 0xff, octets.length - 1);
        byte[] key = Arrays.copyOfRange(octets, 1, 1 + length);
        byte[] value = Arrays.copyOfRange(octets, 1 + length, octets.length);
        TopicStatement statement;
        try {
            statement = TopicStatement.parse(key, value.length == 0 ? null : value, TestLeases.BR);
        } catch (IllegalArgumentException e) {
            return;
        }
        require(statement.key().equals(new String(key, StandardCharsets.UTF_8)), "another key");
        if (statement instanceof TopicStatement.Held held) {
            byte[] again = BindingEntry.toJson(held.binding());
            require(TopicStatement.parse(key, again, TestLeases.BR).equals(held), "another binding");
        }
    }

    private static void body(byte[] octets, JsonBindingReader.Root root) {
        try {
            JsonBindingReader.readEntries(new ByteArrayInputStream(octets), root, entry -> {
                try {
                    BindingEntry.toJson(entry.toBinding(TestLeases.BR));
                } catch (IllegalArgumentException e) {
                    // a leaf is missing or at odds with another
                }
            });
        } catch (BindingTableException e) {
            require(!String.valueOf(e.getMessage()).isEmpty(), "no message");
        }
    }

    private static void path(byte[] octets) {
        try {
            PercentEncoding.decode(new String(octets, StandardCharsets.ISO_8859_1));
        } catch (RestconfException e) {
            require(e.status() == 400, "another status");
        }
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalStateException(otherwise);
        }
    }
}
