package io.portledger.softwire.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CsvBindingsTest {

    private static final String HEADER = "b4-ipv6,ipv4,psid-offset,psid-len,psid,br-address,subscriber\n";
    private static final Ipv6Address BR = Ipv6Address.parse("2001:db8:ffff::1");
    private static final Binding SHARED = new Binding(
            Ipv6Address.parse("2001:db8:0:100:0:c000:201:22"),
            Ipv4Address.parse("192.0.2.1"),
            new PortSet(0, 6, 34),
            BR,
            "Müller, \"Haus\" 7");
    private static final Binding WHOLE = new Binding(
            Ipv6Address.parse("2001:db8:0:200::1"), Ipv4Address.parse("192.0.2.2"), PortSet.WHOLE_ADDRESS, BR);

    @Test
    void isWrittenWithHeaderAndQuotesOnlyWhereTheyAreNeeded() throws IOException {
        StringWriter out = new StringWriter();
        try (CsvBindingWriter writer = new CsvBindingWriter(out)) {
            writer.write(SHARED);
            writer.write(WHOLE);
        }

        assertThat(out)
                .hasToString(HEADER
                        + "2001:db8:0:100:0:c000:201:22,192.0.2.1,0,6,34,2001:db8:ffff::1,\"Müller, \"\"Haus\"\" 7\"\n"
                        + "2001:db8:0:200::1,192.0.2.2,0,0,0,2001:db8:ffff::1,\n");
        assertThat(read(out.toString(), null)).containsExactly(SHARED, WHOLE);
    }

    @Test
    void isReadAsPeopleAndSpreadsheetsWriteIt() throws IOException {
        String table = """
                # exported by hand

                b4-ipv6,ipv4,psid-offset,psid-len,psid,br-address
                  # another comment, "unbalanced
                2001:DB8:0:100:0:c000:201:22 , 192.0.2.1 ,0,6,34,\t2001:db8:ffff:0::1,"Müller, ""Haus"" 7"\s
                "2001:db8:0:200::1",192.0.2.2,0,0,0,2001:db8:ffff::1""";

        assertThat(read("\ufeff" + table.replace("\n", "\r\n"), null)).containsExactly(SHARED, WHOLE);
        assertThat(read(table, null)).containsExactly(SHARED, WHOLE);
    }

    @Test
    void knowsTheLineOfEachBindingThroughCommentsAndLineBreaksInQuotes() throws IOException {
        String table = "# one\n" + row("\"a\nb\"") + "\n\n" + row("c") + "\n";
        try (CsvBindingReader reader = new CsvBindingReader(new StringReader(table), "", null)) {
            assertThat(reader.next().subscriber()).isEqualTo("a\nb");
            assertThat(reader.line()).isEqualTo(2);
            assertThat(reader.hasNext()).isTrue();
            assertThat(reader.line()).isEqualTo(2);
            assertThat(reader.next().subscriber()).isEqualTo("c");
            assertThat(reader.line()).isEqualTo(5);
            assertThat(reader.hasNext()).isFalse();
            assertThatThrownBy(reader::next).isInstanceOf(NoSuchElementException.class);
        }
    }

    @Test
    void anEmptyTableHasNoBindings() throws IOException {
        assertThat(read("", null)).isEmpty();
        assertThat(read(HEADER, null)).isEmpty();
        assertThat(read("# nothing", null)).isEmpty();
    }

    @Test
    void aMissingBrAddressIsTheDefault() throws IOException {
        String table = "2001:db8::1,192.0.2.1,0,6,34,\n";

        assertThat(read(table, BR).getFirst().br()).isEqualTo(BR);
        assertThatThrownBy(() -> read(table, null))
                .isInstanceOf(BindingTableException.class)
                .hasMessage("line 1: br-address is missing, and no default for it was given");
    }

    /** The table, with {@code |} for line ends; the column at fault, 0 for the whole line; the message. */
    @ParameterizedTest(name = "{2}")
    @CsvSource(
            delimiter = '~',
            quoteCharacter = '`',
            value = {
                "2001:db8::1,192.0.2.1,0,17,0,::1 ~ 25 ~ line 1: psid-len 17 is out of range (allowed: 0-16)",
                "#|2001:db8::1,192.0.2.1,17,6,0,::1 ~ 23 ~ line 2: psid-offset 17 is out of range (allowed: 0-16)",
                "2001:db8::1,192.0.2.1,0,6,64,::1 ~ 27 ~ line 1: psid 64 for psid-len 6 is out of range (allowed: 0-63)",
                "2001:db8::1,192.0.2.1,0,6,65536,::1 ~ 27 ~ line 1: psid 65536 is out of range (allowed: 0-65535)",
                "2001:db8::1,192.0.2.1,0,6,99999999999999999999,::1 ~ 27 ~ line 1: psid 99999999999999999999 is out of range (allowed: 0-65535)",
                "2001:db8::1,192.0.2.1,10,7,0,::1 ~ 28 ~ line 1: psid-offset 10 and psid-len 7 together exceed the 16 bits of a port",
                "2001:db8::1,192.0.2.1,a,6,0,::1 ~ 23 ~ line 1: psid-offset \"a\" is not a number (allowed: 0-16)",
                "2001:db8::1,192.0.2.1,0,-6,0,::1 ~ 25 ~ line 1: psid-len \"-6\" is not a number (allowed: 0-16)",
                "2001:db8::1,192.0.2.1,0,,0,::1 ~ 25 ~ line 1: psid-len \"\" is not a number (allowed: 0-16)",
                "2001:db8::1,192.0.2.1,0,6,٣,::1 ~ 27 ~ line 1: psid \"٣\" is not a number (allowed: 0-65535)",
                "2001:db8:1,192.0.2.1,0,6,0,::1 ~ 1 ~ line 1: \"2001:db8:1\" is not an IPv6 address (expected a form such as 2001:db8::1)",
                "2001:db8::1, 192.0.2,0,6,0,::1 ~ 14 ~ line 1: \"192.0.2\" is not an IPv4 address (expected four numbers 0-255 such as 192.0.2.1)",
                "2001:db8::1,192.0.2.1,0,6,0,br ~ 29 ~ line 1: \"br\" is not an IPv6 address (expected a form such as 2001:db8::1)",
                "2001:db8::1 ~ 0 ~ line 1: 1 field (expected 6 or 7: b4-ipv6,ipv4,psid-offset,psid-len,psid,br-address,subscriber)",
                "2001:db8::1,192.0.2.1,0,6,0 ~ 0 ~ line 1: 5 fields (expected 6 or 7: b4-ipv6,ipv4,psid-offset,psid-len,psid,br-address,subscriber)",
                "2001:db8::1,192.0.2.1,0,6,0,::1,a,b ~ 35 ~ line 1: more than 7 fields (expected 6 or 7: b4-ipv6,ipv4,psid-offset,psid-len,psid,br-address,subscriber; put a subscriber with a comma in quotes)",
                "2001:db8::1,192.0.2.1,0,6,0,::1,a\"b ~ 34 ~ line 1: a quote inside a field (put the whole field in quotes and write \"\" for a quote in it)",
                "2001:db8::1,192.0.2.1,0,6,0,::1,\"a\"b ~ 36 ~ line 1: text after a closing quote (expected a comma or the end of the line)",
                "#|#|2001:db8::1,192.0.2.1,0,6,0,::1,\"a|| ~ 33 ~ line 3: the quote that opens here is never closed",
                "b4-ipv6,ipv4,psid,psid-len,psid-offset,br-address ~ 0 ~ line 1: the header is \"b4-ipv6,ipv4,psid,psid-len,psid-offset,br-address\" (expected: b4-ipv6,ipv4,psid-offset,psid-len,psid,br-address,subscriber)",
                "2001:db8::1,192.0.2.1,0,6,0,::1|b4-ipv6,ipv4,psid-offset,psid-len,psid,br-address ~ 1 ~ line 2: \"b4-ipv6\" is not an IPv6 address (expected a form such as 2001:db8::1)",
            })
    void whatIsWrongIsNamedWithItsLineAndPlace(String table, int column, String message) {
        assertThatThrownBy(() -> read(table.replace('|', '\n'), null))
                .isInstanceOfSatisfying(
                        BindingTableException.class, e -> assertThat(e.column()).isEqualTo(column))
                .hasMessage(message);
    }

    @Test
    void endlessLinesAndForeignEncodingsAreRefused() {
        assertThatThrownBy(() -> read(HEADER + "x".repeat(5000), null))
                .isInstanceOf(BindingTableException.class)
                .hasMessage("line 2: the line is longer than 4096 characters");
        byte[] latin1 = (HEADER + row("Müller")).getBytes(StandardCharsets.ISO_8859_1);
        assertThatThrownBy(() -> drain(new CsvBindingReader(
                        new InputStreamReader(new ByteArrayInputStream(latin1), StandardCharsets.UTF_8.newDecoder()),
                        "bindings.csv",
                        null)))
                .isInstanceOf(BindingTableException.class)
                .hasMessageMatching("bindings.csv, line \\d: this is not UTF-8 text");
    }

    @Test
    void readingIsOverAfterAFault() throws IOException {
        try (CsvBindingReader reader =
                new CsvBindingReader(new StringReader("fault\n" + row("a")), "bindings.csv", null)) {
            assertThatThrownBy(reader::hasNext).hasMessageStartingWith("bindings.csv, line 1: 1 field");
            assertThat(reader.hasNext()).isFalse();
        }
    }

    @Test
    void aSubscriberThatCouldNotBeReadBackIsNotWritten() throws IOException {
        try (CsvBindingWriter writer = new CsvBindingWriter(new StringWriter())) {
            Binding binding = new Binding(SHARED.b4(), SHARED.ipv4(), SHARED.ports(), BR, "x".repeat(5000));
            assertThatThrownBy(() -> writer.write(binding))
                    .isInstanceOf(BindingTableException.class)
                    .hasMessage("the subscriber of 2001:db8:0:100:0:c000:201:22 is too long: a line has at most 4096"
                            + " characters");
        }
    }

    private static String row(String subscriber) {
        return "2001:db8::1,192.0.2.1,0,6,34,2001:db8:ffff::1," + subscriber;
    }

    private static List<Binding> read(String table, @Nullable Ipv6Address defaultBr) throws IOException {
        return drain(new CsvBindingReader(new StringReader(table), "", defaultBr));
    }

    private static List<Binding> drain(BindingReader reader) throws IOException {
        try (reader) {
            List<Binding> bindings = new ArrayList<>();
            reader.forEachRemaining(bindings::add);
            return bindings;
        }
    }
}
