package io.portledger.lwaftr.export;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.portledger.ipfix.IpfixEncoder;
import io.portledger.ipfix.Template;
import io.portledger.lwaftr.BindingUsage;
import io.portledger.lwaftr.PoolEvent;
import io.portledger.softwire.PortSet;
import java.util.List;
import org.junit.jupiter.api.Test;

class UsageTemplatesTest {

    private static final String OCTETS =
            "000a023c6553f1000000000000000001000200f80112000c0098000800990008001b001000e1000401cf0004"
                    + "0002000800010008800200080000727980010008000072798006ffff00007ed98005000400007ed90173ffff"
                    + "0113000e0098000800990008001b001000e100048001000100007ed98002000100007ed98003000200007ed9"
                    + "01cf00040002000800010008800200080000727980010008000072798006ffff00007ed98005000400007ed9"
                    + "010c00070143000800e6000101d30004011b000401dc000401cf0004011cffff010d00070143000800e60001"
                    + "01d30004011b000401dd000401cf0004011cffff010e00050143000800e60001011b000401cf0004011cffff"
                    + "011200680000018bcfe5687b0000018bcfe652db20010db8000001000000c00002010022c000020100000001"
                    + "000000000000000b000000000000000c000000000000000d000000000000000e0764656661756c7400000007"
                    + "0f737562736372696265722d303030310113005c0000018bcfe5687b0000018bcfe652db20010db800000100"
                    + "0000c00002010022c00002010406002200000001000000000000000b000000000000000c000000000000000d"
                    + "000000000000000e0764656661756c7400000007010c00280000018bcfe5687b120000000100000002000000"
                    + "cd000000010764656661756c74000000010d00280000018bcfe5687b120000000200000002000000c0000000"
                    + "010764656661756c74000000010e00200000018bcfe5687b0300000002000000010764656661756c74000000";
    private static final String TIMES = "0000018bcfe5687b" + "0000018bcfe652db";
    private static final String HOLDER = "20010db8000001000000c00002010022" + "c0000201";
    private static final String CARRIED =
            "000000000000000b" + "000000000000000c" + "000000000000000d" + "000000000000000e";
    private static final String REST = "00000001" + CARRIED + "07" + "64656661756c74" + "00000007";
    private static final String USER = "0f" + "737562736372696265722d30303031";

    private final UsageTemplates templates = new UsageTemplates(271, 32473, 1, true);

    @Test
    void saysWhatIsKnownAndNothingElse() {
        assertThat(record(templates, Changes.usage(Changes.RANGE, null)))
                .isEqualTo("271 " + TIMES + HOLDER + "8800" + "8bff" + "0001" + "0400" + REST);
        assertThat(record(templates, Changes.usage(Changes.RANGE, "subscriber-0001")))
                .isEqualTo("272 " + TIMES + HOLDER + "8800" + "8bff" + "0001" + "0400" + REST + USER);
        assertThat(record(templates, Changes.usage(PortSet.WHOLE_ADDRESS, null)))
                .isEqualTo("273 " + TIMES + HOLDER + REST);
        assertThat(record(templates, Changes.usage(PortSet.WHOLE_ADDRESS, "subscriber-0001")))
                .isEqualTo("274 " + TIMES + HOLDER + REST + USER);
        assertThat(record(templates, Changes.usage(Changes.SCATTERED, null)))
                .isEqualTo("275 " + TIMES + HOLDER + "04" + "06" + "0022" + REST);
        assertThat(record(templates, Changes.usage(Changes.SCATTERED, "subscriber-0001")))
                .isEqualTo("276 " + TIMES + HOLDER + "04" + "06" + "0022" + REST + USER);
    }

    @Test
    void saysNothingOfPortsThatNobodyLooksAtAndHasNoNameOfNoClass() {
        BindingUsage usage = Changes.usage(PortSet.WHOLE_ADDRESS, null);
        BindingUsage ofNoClass = new BindingUsage(
                usage.fromMillis(), usage.toMillis(), usage.binding(), null, usage.volume(), usage.portsInUse());
        assertThat(record(new UsageTemplates(271, 32473, 1, false), ofNoClass))
                .isEqualTo("273 " + TIMES + HOLDER + "00000001" + CARRIED + "00");
    }

    /** The collector's {@code BindingTemplateTest} reads the same octets. */
    @Test
    void theOctetsAreThoseThatTheCollectorIsTestedWith() {
        PoolTemplates ofPools = new PoolTemplates(268, 1);
        IpfixEncoder encoder = new IpfixEncoder(1, 1232);
        ByteBuf out = Unpooled.buffer();
        encoder.begin(out, 1_700_000_000L);
        List.of(templates.all().get(3), templates.all().get(4)).forEach(encoder::addTemplate);
        ofPools.all().forEach(encoder::addTemplate);
        for (BindingUsage usage : List.of(
                Changes.usage(PortSet.WHOLE_ADDRESS, "subscriber-0001"), Changes.usage(Changes.SCATTERED, null))) {
            encoder.addRecord(templates.of(usage), usage, templates.mapping());
        }
        for (PoolEvent event : List.of(Changes.HIGH, Changes.LOW, Changes.EXHAUSTED)) {
            encoder.addRecord(ofPools.of(event), event, ofPools.mapping());
        }
        encoder.end();
        assertThat(ByteBufUtil.hexDump(out)).isEqualTo(OCTETS);
    }

    private static String record(UsageTemplates templates, BindingUsage usage) {
        Template template = templates.of(usage);
        IpfixEncoder encoder = new IpfixEncoder(1, 1232);
        ByteBuf out = Unpooled.buffer();
        encoder.begin(out, 1_700_000_000L);
        assertThat(encoder.addRecord(template, usage, templates.mapping())).isTrue();
        encoder.end();
        String octets = ByteBufUtil.hexDump(out, 20, out.readableBytes() - 20);
        int padding = 2 * paddingOf(template, usage);
        return template.id() + " " + octets.substring(0, octets.length() - padding);
    }

    /** Sets end at a multiple of four octets. */
    private static int paddingOf(Template template, BindingUsage usage) {
        int length = template.minRecordLength()
                + (usage.serviceClass() == null ? 0 : usage.serviceClass().length())
                + (usage.binding().subscriber() == null
                        ? 0
                        : usage.binding().subscriber().length());
        return -length & 3;
    }
}
