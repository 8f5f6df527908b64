package io.portledger.lwaftr.export;

import io.portledger.ipfix.Iana;
import io.portledger.ipfix.InformationElement;
import io.portledger.ipfix.Lw4o6Elements;
import io.portledger.ipfix.RecordWriter;
import io.portledger.softwire.PortRange;
import io.portledger.softwire.PortSet;
import java.util.List;

/** How a record tells a binding's ports. */
enum PortForm {
    /** One range: portRangeStart and its like. */
    RANGE,
    /** All ports: nothing. */
    WHOLE_ADDRESS,
    /** Scattered ones: our own elements, since first and last port would name other people's ports. */
    SCATTERED;

    static PortForm of(PortSet ports) {
        if (ports.equals(PortSet.WHOLE_ADDRESS)) {
            return WHOLE_ADDRESS;
        }
        return ports.rangeCount() == 1 ? RANGE : SCATTERED;
    }

    List<InformationElement> elements(Lw4o6Elements own) {
        return switch (this) {
            case RANGE ->
                List.of(
                        Iana.PORT_RANGE_START,
                        Iana.PORT_RANGE_END,
                        Iana.PORT_RANGE_STEP_SIZE,
                        Iana.PORT_RANGE_NUM_PORTS);
            case WHOLE_ADDRESS -> List.of();
            case SCATTERED -> List.of(own.psidOffset(), own.psidLength(), own.psid());
        };
    }

    void write(PortSet ports, RecordWriter fields) {
        switch (this) {
            case RANGE -> {
                PortRange range = ports.range(0);
                fields.putUnsigned(range.first())
                        .putUnsigned(range.last())
                        .putUnsigned(1)
                        .putUnsigned(range.size());
            }
            case WHOLE_ADDRESS -> {}
            case SCATTERED ->
                fields.putUnsigned(ports.psidOffset())
                        .putUnsigned(ports.psidLength())
                        .putUnsigned(ports.psid());
        }
    }
}
