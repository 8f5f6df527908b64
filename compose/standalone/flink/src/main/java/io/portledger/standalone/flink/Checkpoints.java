package io.portledger.standalone.flink;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The completed checkpoints of one job: {@code DIRECTORY/chk-N}, of which those are complete that have metadata. */
final class Checkpoints {

    private static final Pattern NAME = Pattern.compile("chk-(\\d{1,18})");

    private Checkpoints() {}

    /**
     * The newest complete one, or empty if there is none.
     *
     * @throws IOException if the directory is there but cannot be read
     */
    static Optional<Path> newest(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            return Optional.empty();
        }
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.filter(entry -> number(entry) >= 0)
                    // Written last, by renaming.
                    .filter(entry -> Files.exists(entry.resolve("_metadata")))
                    .max(Comparator.comparingLong(Checkpoints::number));
        }
    }

    private static long number(Path entry) {
        Matcher matcher = NAME.matcher(entry.getFileName().toString());
        return matcher.matches() ? Long.parseLong(matcher.group(1)) : -1;
    }
}
