package io.portledger.softwire.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;
import io.portledger.softwire.table.BindingDiff.Added;
import io.portledger.softwire.table.BindingDiff.Change;
import io.portledger.softwire.table.BindingDiff.Changed;
import io.portledger.softwire.table.BindingDiff.Removed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BindingTablesTest {

    private static final Ipv6Address BR = Ipv6Address.parse("2001:db8:ffff::1");
    private static final BindInstance INSTANCE = BindInstance.named("lwaftr-1");

    @TempDir
    private Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"bindings.csv", "bindings.json", "BINDINGS.CSV"})
    void filesAreWrittenAndReadByTheirExtension(String name) throws IOException {
        Path file = directory.resolve(name);
        List<Binding> bindings = List.of(binding(1, 34, 1), binding(1, 35, 2), binding(2, 34, 3));

        assertThat(BindingTables.write(file, bindings.iterator(), INSTANCE)).isEqualTo(3);

        assertThat(read(file)).isEqualTo(bindings);
        assertThat(directory.toFile().list()).containsExactly(file.getFileName().toString());
    }

    @Test
    void aTableThatCannotBeWrittenLeavesTheOldOneAsItWas() throws IOException {
        Path file = Files.writeString(directory.resolve("bindings.json"), "old");

        assertThatThrownBy(() -> BindingTables.write(
                        file, List.of(binding(1, 34, 1), binding(1, 35, 1)).iterator(), INSTANCE))
                .isInstanceOf(BindingTableException.class)
                .hasMessageContaining("CSV can");

        assertThat(file).hasContent("old");
        assertThat(directory.toFile().list()).containsExactly(file.getFileName().toString());
    }

    @Test
    void missingFilesAndUnknownExtensionsAreNamed() {
        Path missing = directory.resolve("none.csv");
        assertThatThrownBy(() -> BindingTables.open(missing, null))
                .isInstanceOf(BindingTableException.class)
                .hasMessage(missing + ": there is no such file");
        Path text = directory.resolve("bindings.txt");
        assertThatThrownBy(() -> BindingTables.open(text, null))
                .isInstanceOf(BindingTableException.class)
                .hasMessage(text + ": unknown kind of binding table (allowed: .csv, .json)");
    }

    /** Two rows of psid-offset, psid-len, psid of one address, in lines 3 and 4 of the file. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            value = {
                "0,6,34 ~ 0,6,34 ~ 203.0.113.7 with PSID 34 is in line 3 already",
                "0,0,0 ~ 0,0,0 ~ 203.0.113.7 with PSID 0 is in line 3 already",
                "0,6,34 ~ 0,8,1 ~ 203.0.113.7 has psid-offset 0 and psid-len 8 here, but psid-offset 0 and psid-len 6 in line 3; all bindings of an address must have the same",
                "6,8,34 ~ 0,8,34 ~ 203.0.113.7 has psid-offset 0 and psid-len 8 here, but psid-offset 6 and psid-len 8 in line 3; all bindings of an address must have the same",
                "0,0,0 ~ 0,1,1 ~ 203.0.113.7 has psid-offset 0 and psid-len 1 here, but psid-offset 0 and psid-len 0 in line 3; all bindings of an address must have the same",
            })
    void contradictionsNameBothLines(String one, String other, String message) throws IOException {
        Path file = Files.writeString(directory.resolve("bindings.csv"), """
                # two of them
                2001:db8::1,192.0.2.1,0,6,34,2001:db8:ffff::1
                2001:db8::2,203.0.113.7,%s,2001:db8:ffff::1
                2001:db8::3,203.0.113.7,%s,2001:db8:ffff::1
                """.formatted(one, other));

        assertThatThrownBy(() -> read(file))
                .isInstanceOf(BindingTableException.class)
                .hasMessage(file + ", line 4: " + message);
        try (BindingReader unchecked = BindingTables.openUnchecked(file, null)) {
            unchecked.forEachRemaining(binding -> assertThat(binding.br()).isEqualTo(BR));
            assertThat(unchecked.line()).isEqualTo(4);
        }
    }

    @Test
    void differencesAreToldInTheOrderOfTheTables() {
        List<Binding> before = List.of(binding(1, 1, 1), binding(1, 2, 2), binding(1, 3, 3), binding(1, 4, 4));
        List<Binding> after = List.of(binding(1, 5, 5), binding(1, 3, 9), binding(1, 2, 2), binding(2, 1, 1));
        List<Change> changes = new ArrayList<>();

        BindingDiff diff = BindingDiff.between(before.iterator(), after.iterator(), changes::add);

        assertThat(changes)
                .containsExactly(
                        new Added(binding(1, 5, 5)),
                        new Changed(binding(1, 3, 3), binding(1, 3, 9)),
                        new Added(binding(2, 1, 1)),
                        new Removed(binding(1, 1, 1)),
                        new Removed(binding(1, 4, 4)));
        assertThat(diff).isEqualTo(new BindingDiff(2, 2, 1, 1));
        assertThat(diff.isEmpty()).isFalse();
    }

    @Test
    void theSamePortsWrittenDifferentlyAreAChangeAndOrderIsNone() {
        Binding offset = new Binding(BR, new Ipv4Address(1), new PortSet(1, 4, 3), BR);
        Binding plain = new Binding(BR, new Ipv4Address(1), new PortSet(0, 5, 19), BR);
        List<Change> changes = new ArrayList<>();

        assertThat(BindingDiff.between(
                        List.of(offset, binding(1, 1, 1)).iterator(),
                        List.of(binding(1, 1, 1), plain).iterator(),
                        changes::add))
                .isEqualTo(new BindingDiff(0, 0, 1, 1));
        assertThat(changes).containsExactly(new Changed(offset, plain));
        assertThat(BindingDiff.between(
                                List.of(plain, binding(1, 1, 1)).iterator(),
                                List.of(binding(1, 1, 1), plain).iterator(),
                                changes::add)
                        .isEmpty())
                .isTrue();
    }

    private static Binding binding(int address, int psid, int b4) {
        return new Binding(
                new Ipv6Address(0x2001_0db8_0000_0000L, b4),
                Ipv4Address.parse("203.0.113.0").plus(address),
                new PortSet(0, 6, psid),
                BR);
    }

    private static List<Binding> read(Path file) throws IOException {
        try (BindingReader reader = BindingTables.open(file, null)) {
            List<Binding> bindings = new ArrayList<>();
            reader.forEachRemaining(bindings::add);
            return bindings;
        }
    }
}
