package io.portledger.lwaftr.supporting;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Validation by yanglint, against the modules that src/test/resources/yang/README.md tells of. */
final class Yang {

    private static final Path STAND_INS = Path.of("src/test/resources/yang");
    private static final Path TYPES = Path.of("/usr/share/yang/modules/libyang");
    private static final Path OURS = Path.of("src/main/resources/yang/portledger-softwire.yang");

    private Yang() {}

    /** What yanglint has against configuration in JSON; empty if it is valid. */
    static Optional<String> faultOf(String json) throws IOException, InterruptedException {
        Path modules = Path.of(System.getProperty("portledger.yang", STAND_INS.toString()));
        Path data = Files.createTempFile("instance", ".json");
        try {
            Files.writeString(data, json);
            List<String> command = new ArrayList<>(List.of("yanglint", "-p", modules.toString()));
            if (Files.isDirectory(TYPES)) {
                command.addAll(List.of("-p", TYPES.toString()));
            }
            command.addAll(List.of("-F", "ietf-softwire-br:binding-mode", "-t", "config"));
            command.add(module(modules).toString());
            command.add(OURS.toString());
            command.add(data.toString());
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            process.getOutputStream().close();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return process.waitFor() == 0 ? Optional.empty() : Optional.of(output);
        } finally {
            Files.delete(data);
        }
    }

    /** A table of these entries in an instance that is valid otherwise. */
    static String instanceOf(String... entries) {
        return """
                {"ietf-softwire-br:br-instances": {"binding": {"bind-instance": [{"name": "x", "softwire-num-max": 9,
                "softwire-payload-mtu": 1460, "softwire-path-mru": 1500,
                "binding-table": {"binding-entry": [%s]}}]}}}""".formatted(String.join(",", entries));
    }

    private static Path module(Path modules) throws IOException {
        try (Stream<Path> files = Files.list(modules)) {
            return files.filter(file -> file.getFileName().toString().matches("ietf-softwire-br(@.*)?\\.yang"))
                    .findFirst()
                    .orElseThrow();
        }
    }
}
