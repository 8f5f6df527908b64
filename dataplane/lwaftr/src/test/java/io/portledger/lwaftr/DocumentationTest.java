package io.portledger.lwaftr;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.lwaftr.forwarding.Counter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the documents say is what the code has. */
class DocumentationTest {

    private static final Path DOCS = Path.of("../../docs");
    private static final Pattern TEST =
            Pattern.compile("`([A-Z][A-Za-z0-9]+(?:Test|Properties))(?:\\.([a-z][A-Za-z0-9]+))?`");
    private static final Pattern METHOD = Pattern.compile("`([a-z][A-Za-z0-9]{9,})`");

    @ParameterizedTest
    @EnumSource(Counter.class)
    void everyCounterIsExplained(Counter counter) throws IOException {
        String text = Files.readString(DOCS.resolve("counters.md"));
        String family = counter.label().replaceFirst("-(ipv4|ipv6|icmpv4|icmpv6)$", "");
        assertThat(text)
                .containsPattern(Pattern.quote(counter.label()) + "|" + Pattern.quote(family) + "-ipv4`, `-ipv6" + "|"
                        + Pattern.quote(family) + "-icmpv4`, `-icmpv6");
    }

    @Test
    void everyTestOfRestconfThatTheConformanceTableNamesExists() throws IOException {
        String tests = source("RestconfServerTest") + source("SupportingFuzzTest");
        List<String> named = Files.readAllLines(DOCS.resolve("conformance/restconf.md")).stream()
                .filter(line -> line.startsWith("| §") || line.startsWith("| RFC"))
                .flatMap(line -> Pattern.compile("`([a-z]+[A-Z][A-Za-z]{8,})`")
                        .matcher(line)
                        .results())
                .map(found -> found.group(1))
                .toList();
        assertThat(named).hasSizeGreaterThan(20);
        assertThat(named).allMatch(test -> tests.contains("void " + test + "("));
    }

    @ParameterizedTest
    @ValueSource(strings = {"lwaftr.md", "radius.md"})
    void everyTestThatTheConformanceTableNamesExists(String table) throws IOException {
        List<String> missing = new ArrayList<>();
        for (String line : Files.readAllLines(DOCS.resolve("conformance").resolve(table))) {
            Matcher tests = TEST.matcher(line);
            String current = "";
            int from = 0;
            while (tests.find()) {
                current = source(tests.group(1));
                if (current.isEmpty()
                        || (tests.group(2) != null && !current.contains("void " + tests.group(2) + "("))) {
                    missing.add(tests.group());
                }
                from = tests.end();
            }
            Matcher methods = METHOD.matcher(line.substring(from));
            while (!current.isEmpty() && methods.find()) {
                if (!current.contains("void " + methods.group(1) + "(")) {
                    missing.add(methods.group());
                }
            }
        }
        assertThat(missing).isEmpty();
    }

    private static String source(String test) throws IOException {
        for (Path module : List.of(
                Path.of("../lwaftr"),
                Path.of("../packet"),
                Path.of("../radius"),
                Path.of("../dhcp"),
                Path.of("../pcp"),
                Path.of("../../compose/lab"))) {
            if (!Files.isDirectory(module.resolve("src/test/java"))) {
                continue;
            }
            try (Stream<Path> files = Files.walk(module.resolve("src/test/java"))) {
                List<Path> found =
                        files.filter(file -> file.endsWith(test + ".java")).toList();
                if (!found.isEmpty()) {
                    return Files.readString(found.getFirst());
                }
            }
        }
        return "";
    }
}
