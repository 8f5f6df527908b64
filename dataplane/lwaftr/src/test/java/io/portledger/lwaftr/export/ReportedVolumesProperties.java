package io.portledger.lwaftr.export;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.lwaftr.forwarding.BindingVolume;
import io.portledger.softwire.PortSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class ReportedVolumesProperties {

    @Property(tries = 200)
    void holdsWhatAMapHolds(@ForAll @Size(max = 600) List<@IntRange(max = 511) Integer> numbers) {
        ReportedVolumes volumes = new ReportedVolumes();
        Map<Long, Long> map = new HashMap<>();
        long time = 0;
        for (int number : numbers) {
            time++;
            long key = ReportedVolumes.key(0xc000_0200 | number >> 4, new PortSet(0, 4, number & 15));
            int slot = volumes.find(key);
            assertThat(slot >= 0).isEqualTo(map.containsKey(key));
            if (slot < 0) {
                volumes.add(key, time);
                map.put(key, time);
                assertThat(volumes.volumeAt(volumes.find(key))).isEqualTo(new BindingVolume(0, 0, 0, 0));
            } else if (time % 3 == 0) {
                volumes.reported(slot, time, new BindingVolume(time, 2, 3, 4));
                map.put(key, time);
            } else {
                volumes.remove(slot);
                map.remove(key);
            }
            assertThat(volumes.size()).isEqualTo(map.size());
        }
        map.forEach(
                (key, until) -> assertThat(volumes.untilAt(volumes.find(key))).isEqualTo(until));
        Set<Long> found = new HashSet<>();
        for (int slot = 0; slot < volumes.slots(); slot++) {
            if (volumes.keyAt(slot) != 0) {
                assertThat(found.add(volumes.keyAt(slot))).isTrue();
            }
        }
        assertThat(found).isEqualTo(map.keySet());
    }

    @Property
    void aKeyTellsAddressAndPorts(
            @ForAll int ipv4, @ForAll @IntRange(max = 16) int offset, @ForAll @IntRange(max = 0xffff) int psid) {
        PortSet ports = new PortSet(offset, 16 - offset, psid & (1 << (16 - offset)) - 1);
        long key = ReportedVolumes.key(ipv4, ports);
        assertThat(ReportedVolumes.ipv4(key).bits()).isEqualTo(ipv4);
        assertThat(ReportedVolumes.ports(key)).isEqualTo(ports);
    }
}
