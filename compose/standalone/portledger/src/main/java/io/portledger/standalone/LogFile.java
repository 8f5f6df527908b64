package io.portledger.standalone;

import java.io.BufferedOutputStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What a child process prints, in a file of bounded size: when it is full it becomes {@code NAME.1}, and so on up to
 * {@code NAME.3}, the oldest.
 */
final class LogFile {

    private static final int KEPT = 3;
    private static final int TAIL_BYTES = 64 * 1024;

    private final Path file;
    private final long maxBytes;

    LogFile(Path file, long maxBytes) {
        this.file = file;
        this.maxBytes = maxBytes;
    }

    Path path() {
        return file;
    }

    /**
     * Appends all lines of {@code in} until its end, except those that {@code secret} picks out. A file that cannot be
     * written must not stop the child, so it is read to its end in any case.
     */
    void take(InputStream in, Predicate<String> secret) {
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            try {
                append(lines, secret);
            } catch (IOException e) {
                System.err.println("Cannot write " + file + ": " + e.getMessage());
                long _ = lines.lines().filter(secret).count();
            }
        } catch (IOException e) {
            // The child is gone and its pipe with it.
        }
    }

    private void append(BufferedReader lines, Predicate<String> secret) throws IOException {
        Files.createDirectories(file.toAbsolutePath().getParent());
        OutputStream out = open();
        try {
            long size = Files.size(file);
            for (@Nullable String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (secret.test(line)) {
                    continue;
                }
                byte[] bytes = (line + '\n').getBytes(StandardCharsets.UTF_8);
                out.write(bytes);
                size += bytes.length;
                if (!lines.ready()) {
                    out.flush();
                }
                if (size >= maxBytes) {
                    out.close();
                    rotate();
                    out = open();
                    size = 0;
                }
            }
        } finally {
            out.close();
        }
    }

    private OutputStream open() throws IOException {
        return new BufferedOutputStream(
                Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND));
    }

    private void rotate() throws IOException {
        for (int i = KEPT; i >= 1; i--) {
            Path older = i == 1 ? file : numbered(i - 1);
            if (Files.exists(older)) {
                Files.move(older, numbered(i), StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    private Path numbered(int i) {
        return file.resolveSibling(file.getFileName() + "." + i);
    }

    /** The last lines, for an error message; empty if there are none. */
    List<String> lastLines(int count) {
        try {
            if (!Files.exists(file)) {
                return List.of();
            }
            byte[] tail;
            try (var channel = Files.newByteChannel(file)) {
                channel.position(Math.max(0, channel.size() - TAIL_BYTES));
                tail = Channels.newInputStream(channel).readAllBytes();
            }
            List<String> lines =
                    new String(tail, StandardCharsets.UTF_8).lines().toList();
            return lines.subList(Math.max(0, lines.size() - count), lines.size());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
