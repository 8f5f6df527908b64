package io.portledger.lwaftr.export;

import static io.portledger.lwaftr.export.Changes.BR;
import static io.portledger.lwaftr.export.Changes.RANGE;
import static io.portledger.lwaftr.export.Changes.SCATTERED;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.portledger.ipfix.IpfixEncoder;
import io.portledger.ipfix.Template;
import io.portledger.lwaftr.BindingChange;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class BindingTemplatesTest {

    private static final String HOLDER = "20010db8000001000000c00002010022" + "c0000201";
    private static final String TIME = "0000018bcfe5687b";
    private static final String BR_OCTETS = "20010db8ffff00000000000000000001";
    private static final String USER = "0f" + "737562736372696265722d30303031";

    private final BindingTemplates templates = new BindingTemplates(32473, 1);

    @ParameterizedTest
    @MethodSource("records")
    void saysWhatIsKnownAndNothingElse(BindingChange change, int templateId, String record) {
        Template template = templates.of(change.binding());
        assertThat(template.id()).isEqualTo(templateId);
        IpfixEncoder encoder = new IpfixEncoder(1, 1232);
        ByteBuf out = Unpooled.buffer();
        encoder.begin(out, 1_700_000_000L);
        assertThat(encoder.addRecord(template, change, templates.mapping())).isTrue();
        encoder.end();
        int length = record.length() / 2;
        assertThat(ByteBufUtil.hexDump(out, 20, length)).isEqualTo(record);
        assertThat(out.readableBytes()).isEqualTo(20 + (length + 3) / 4 * 4);
    }

    static Stream<Arguments> records() {
        Ipv6Address noBr = Ipv6Address.UNSPECIFIED;
        String range = "8800" + "8bff" + "0001" + "0400" + "00000001";
        String scattered = "04" + "06" + "0022" + "00000001";
        String user = "subscriber-0001";
        return Stream.of(
                Arguments.of(Changes.created(RANGE, noBr, null), 256, TIME + "10" + HOLDER + range),
                Arguments.of(Changes.created(RANGE, BR, null), 257, TIME + "10" + HOLDER + range + BR_OCTETS),
                Arguments.of(Changes.created(RANGE, noBr, user), 258, TIME + "10" + HOLDER + range + USER),
                Arguments.of(Changes.created(RANGE, BR, user), 259, TIME + "10" + HOLDER + range + BR_OCTETS + USER),
                Arguments.of(deleted(RANGE), 257, "0000018bcfe652db" + "11" + HOLDER + range + BR_OCTETS),
                Arguments.of(snapshot(RANGE), 257, TIME + "10" + HOLDER + range + BR_OCTETS),
                // a = 1 is one range too: ports 32768 + 16 * 1024 and on.
                Arguments.of(
                        Changes.created(new PortSet(1, 5, 16), noBr, null),
                        256,
                        TIME + "10" + HOLDER + "c000" + "c3ff" + "0001" + "0400" + "00000001"),
                Arguments.of(
                        Changes.created(PortSet.WHOLE_ADDRESS, noBr, null), 260, TIME + "0e" + HOLDER + "00000001"),
                Arguments.of(
                        Changes.created(PortSet.WHOLE_ADDRESS, BR, user),
                        263,
                        TIME + "0e" + HOLDER + "00000001" + BR_OCTETS + USER),
                Arguments.of(
                        deleted(PortSet.WHOLE_ADDRESS),
                        261,
                        "0000018bcfe652db" + "0f" + HOLDER + "00000001" + BR_OCTETS),
                Arguments.of(Changes.created(SCATTERED, BR, null), 265, TIME + "10" + HOLDER + scattered + BR_OCTETS),
                Arguments.of(
                        Changes.created(SCATTERED, BR, user), 267, TIME + "10" + HOLDER + scattered + BR_OCTETS + USER),
                Arguments.of(deleted(SCATTERED), 265, "0000018bcfe652db" + "11" + HOLDER + scattered + BR_OCTETS),
                // Every port from 4096 on, in fifteen ranges that touch: still not one range of the algorithm.
                Arguments.of(
                        Changes.created(new PortSet(4, 0, 0), noBr, null),
                        264,
                        TIME + "10" + HOLDER + "04" + "00" + "0000" + "00000001"));
    }

    @Test
    void aScatteredSetIsNeverWrittenAsFirstAndLastPort() {
        for (Template template : templates.all()) {
            boolean namesPorts = template.fields().stream()
                    .anyMatch(field -> field.element().name().startsWith("portRange"));
            boolean namesPsid = template.fields().stream()
                    .anyMatch(field -> field.element().name().startsWith("lw4o6Psid"));
            assertThat(namesPorts && namesPsid).as(template.toString()).isFalse();
        }
        assertThat(templates.all())
                .extracting(Template::id)
                .containsExactly(256, 257, 258, 259, 260, 261, 262, 263, 264, 265, 266, 267);
    }

    private static BindingChange deleted(PortSet ports) {
        return Changes.change(BindingChange.Kind.DELETED, Changes.CREATED_AT.plusSeconds(60), ports, BR, null);
    }

    private static BindingChange snapshot(PortSet ports) {
        return Changes.change(BindingChange.Kind.SNAPSHOT, Changes.CREATED_AT, ports, BR, null);
    }
}
