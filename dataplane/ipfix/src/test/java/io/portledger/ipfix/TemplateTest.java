package io.portledger.ipfix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TemplateTest {

    @Test
    void knowsTheLengthOfItsRecords() {
        assertThat(NatLoggingVectors.PORT_BLOCK.minRecordLength()).isEqualTo(41);
        assertThat(NatLoggingVectors.PORT_BLOCK.isFixedLength()).isTrue();
        assertThat(NatLoggingVectors.PORT_BLOCK_OF_USER.minRecordLength()).isEqualTo(34);
        assertThat(NatLoggingVectors.PORT_BLOCK_OF_USER.isFixedLength()).isFalse();
    }

    @Test
    void describesItself() {
        assertThat(Template.of(300, Iana.NAT_EVENT, Iana.USER_NAME))
                .hasToString("template 300 (natEvent/1, userName/variable)");
        assertThat(Template.ofOptions(512, 1, Iana.EXPORTING_PROCESS_ID))
                .hasToString("options template 512 (exportingProcessId/4)");
    }

    @Test
    void differsIfAnyPartDiffers() {
        Template template = Template.of(300, Iana.NAT_EVENT, Iana.NAT_POOL_ID);
        assertThat(template)
                .isEqualTo(Template.of(300, Iana.NAT_EVENT, Iana.NAT_POOL_ID))
                .hasSameHashCodeAs(Template.of(300, Iana.NAT_EVENT, Iana.NAT_POOL_ID))
                .isNotEqualTo(Template.of(301, Iana.NAT_EVENT, Iana.NAT_POOL_ID))
                .isNotEqualTo(Template.of(300, Iana.NAT_POOL_ID, Iana.NAT_EVENT))
                .isNotEqualTo(Template.ofOptions(300, 1, Iana.NAT_EVENT, Iana.NAT_POOL_ID))
                .isNotEqualTo(Template.of(
                        300, List.of(FieldSpecifier.of(Iana.NAT_EVENT), new FieldSpecifier(Iana.NAT_POOL_ID, 2))));
    }

    @Test
    void refusesWhatTheWireCannotSay() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Template.of(255, Iana.NAT_EVENT))
                .withMessage("template id 255 is out of range (allowed: 256-65535)");
        assertThatIllegalArgumentException().isThrownBy(() -> Template.of(65536, Iana.NAT_EVENT));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Template.of(256))
                .withMessage("template 256 has 0 fields, expected 1-65535");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Template.ofOptions(256, 0, Iana.NAT_EVENT))
                .withMessage("options template 256: scope field count 0, expected at least 1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Template.ofOptions(256, 2, Iana.NAT_EVENT))
                .withMessage("options template 256: scope field count 2 exceeds field count 1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new InformationElement(9, 32768, "x", DataType.STRING))
                .withMessage("element id 32768 is out of range (allowed: 0-32767)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new InformationElement(0, 65536, "x", DataType.STRING))
                .withMessage("element id 65536 is out of range (allowed: 0-65535)");
        FieldSpecifier empty = new FieldSpecifier(Iana.USER_NAME, 0);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Template.of(256, List.of(empty)))
                .withMessage("template 256 has 1 fields of length 0 among 1 (allowed: at most 16, and not all)");
        List<FieldSpecifier> many = new ArrayList<>(Collections.nCopies(17, empty));
        many.add(FieldSpecifier.of(Iana.NAT_EVENT));
        assertThatIllegalArgumentException().isThrownBy(() -> Template.of(256, many));
        assertThat(Template.of(256, many.subList(1, 18)).minRecordLength()).isEqualTo(1);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new InformationElement(1L << 32, 1, "x", DataType.STRING))
                .withMessage("enterprise number 4294967296 is out of range (allowed: 0-4294967295)");
        assertThatIllegalArgumentException().isThrownBy(() -> Lw4o6Elements.of(0));
    }

    @ParameterizedTest
    @CsvSource({
        "OCTET_ARRAY, 0 1 2 65534 65535, 65536",
        "UNSIGNED_8, 1, 0 2 65535",
        "UNSIGNED_16, 1 2, 0 3 65535",
        "UNSIGNED_32, 1 2 3 4, 0 5 65535",
        "UNSIGNED_64, 1 2 3 4 5 6 7 8, 0 9 65535",
        "SIGNED_32, 1 2 3 4, 0 5 65535",
        "FLOAT_32, 4, 2 8 65535",
        "FLOAT_64, 4 8, 2 6 65535",
        "BOOLEAN, 1, 0 2 65535",
        "MAC_ADDRESS, 6, 5 7 65535",
        "STRING, 0 1 2 65534 65535, 65536",
        "DATE_TIME_SECONDS, 4, 3 8 65535",
        "DATE_TIME_MILLISECONDS, 8, 4 7 65535",
        "IPV4_ADDRESS, 4, 3 16 65535",
        "IPV6_ADDRESS, 16, 4 15 65535",
    })
    void allowsReducedSizesOnlyForNumbers(DataType type, String allowed, String refused) {
        for (String length : allowed.split(" ", -1)) {
            assertThat(type.allowsLength(Integer.parseInt(length))).as(length).isTrue();
        }
        for (String length : refused.split(" ", -1)) {
            assertThat(type.allowsLength(Integer.parseInt(length))).as(length).isFalse();
        }
        assertThat(type.allowsLength(type.defaultLength())).isTrue();
    }

    @Test
    void noElementIsRegisteredTwice() {
        assertThat(Iana.ELEMENTS)
                .extracting(InformationElement::id)
                .doesNotHaveDuplicates()
                .isSorted();
        assertThat(Iana.ELEMENTS).extracting(InformationElement::name).doesNotHaveDuplicates();
        for (InformationElement element : Iana.ELEMENTS) {
            assertThat(ElementRegistry.iana().find(0, element.id())).isSameAs(element);
        }
    }
}
