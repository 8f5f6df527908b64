package io.portledger.lwaftr.supporting;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.Ipv6Prefix;
import io.portledger.softwire.PortSet;
import io.portledger.softwire.table.BindingEntry;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class SupportingProperties {

    @Property
    void noOctetsAreTooWild(@ForAll @Size(max = 400) byte[] octets) {
        SupportingFuzz.fuzzerTestOneInput(octets);
    }

    @Property
    void noRecordIsTooWild(
            @ForAll @IntRange(max = 4) int kind,
            @ForAll @IntRange(max = 200) int at,
            @ForAll byte changed,
            @ForAll boolean isCut) {
        byte[] record = SupportingFuzzTest.SEEDS.get(kind);
        byte[] damaged = record.clone();
        int place = at % damaged.length;
        damaged[place] = changed;
        SupportingFuzz.fuzzerTestOneInput(isCut ? java.util.Arrays.copyOf(damaged, place + 1) : damaged);
    }

    @Property
    void whatIsPublishedIsReadAgain(
            @ForAll long high,
            @ForAll long low,
            @ForAll int ipv4,
            @ForAll @IntRange(max = 15) int length,
            @ForAll @IntRange(max = 0xffff) int psid) {
        Binding binding = new Binding(
                new Ipv6Address(high, low),
                new Ipv4Address(ipv4),
                new PortSet(0, length, psid & ((1 << length) - 1)),
                TestLeases.BR,
                "Haus " + psid);
        TopicStatement held = new TopicStatement.Held(binding);

        assertThat(TopicStatement.parse(
                        held.key().getBytes(StandardCharsets.UTF_8),
                        BindingEntry.toJson(binding),
                        Ipv6Address.UNSPECIFIED))
                .isEqualTo(held);
        assertThat(TopicStatement.parse(held.key().getBytes(StandardCharsets.UTF_8), null, TestLeases.BR))
                .extracting(TopicStatement::key)
                .isEqualTo(held.key());
    }

    @Property
    void subscribersAreReadAsWritten(@ForAll long high, @ForAll @IntRange(max = 64) int length) {
        Ipv6Prefix prefix = Ipv6Prefix.containing(new Ipv6Address(high, 0), length);
        ByteArrayOutputStream key = new ByteArrayOutputStream();
        key.writeBytes(("subscriber:" + prefix).getBytes(StandardCharsets.UTF_8));

        assertThat(TopicStatement.parse(
                        key.toByteArray(), "{\"subscriber\":\"x\"}".getBytes(StandardCharsets.UTF_8), TestLeases.BR))
                .isEqualTo(new TopicStatement.Known(prefix, "x", null));
    }
}
