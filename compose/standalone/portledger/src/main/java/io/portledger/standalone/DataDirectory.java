package io.portledger.standalone;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The directory that holds all that a standalone installation knows, locked against a second one.
 *
 * <p>Readable by its owner only: it holds secrets and the answers themselves.
 */
final class DataDirectory implements AutoCloseable {

    /** The directories that this process has. */
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    private final Path root;
    private final FileChannel lockFile;
    private final FileLock lock;

    private DataDirectory(Path root, FileChannel lockFile, FileLock lock) {
        this.root = root;
        this.lockFile = lockFile;
        this.lock = lock;
    }

    /** Where data is if no option says otherwise: {@code $XDG_DATA_HOME/portledger/NAME}. */
    static Path standard(String name, Map<String, String> environment) {
        String xdg = environment.getOrDefault("XDG_DATA_HOME", "");
        Path base = xdg.isEmpty() ? Path.of(System.getProperty("user.home"), ".local", "share") : Path.of(xdg);
        return base.resolve("portledger").resolve(name);
    }

    /**
     * Creates the directory if need be and locks it; the lock ends with this process, however that ends.
     *
     * @throws StartException if it cannot be used, or another process has it: the message says which
     */
    static DataDirectory open(Path root) throws StartException {
        try {
            if (!Files.isDirectory(root)) {
                Files.createDirectories(root);
                restrict(root);
            }
            FileChannel file = FileChannel.open(
                    root.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            FileLock lock = tryLock(file);
            if (lock == null) {
                ByteBuffer holder = ByteBuffer.allocate(1000);
                file.read(holder, 0);
                file.close();
                throw new StartException("%s is in use by %s. Stop that first, or choose another directory with --data."
                        .formatted(
                                root,
                                new String(holder.array(), 0, holder.position(), StandardCharsets.UTF_8).strip()));
            }
            file.truncate(0);
            String holder = "another portledger, process %d, which has run since %s"
                    .formatted(ProcessHandle.current().pid(), Instant.now().truncatedTo(ChronoUnit.SECONDS));
            file.write(ByteBuffer.wrap(holder.getBytes(StandardCharsets.UTF_8)), 0);
            HELD.add(root.toAbsolutePath());
            return new DataDirectory(root, file, lock);
        } catch (IOException e) {
            throw new StartException(
                    "The data directory " + root + " cannot be used: " + e
                            + ". Choose another with --data, or make it writable.",
                    e);
        }
    }

    /**
     * Empties a directory, so that a command that compares finds no history of an earlier run; but never one that is not
     * that command's.
     *
     * @param owner the command's name
     * @throws StartException if the directory is another's or in use
     */
    static void empty(Path directory, String owner) throws StartException, InterruptedException {
        String mark = "emptied-by-" + owner;
        try {
            if (Files.isDirectory(directory)) {
                // Locked meanwhile, so that nobody's directory is emptied under him.
                try (DataDirectory data = open(directory)) {
                    if (!Files.exists(data.resolve(mark)) && !isEmpty(directory)) {
                        throw new StartException(directory + " is not empty and not a " + owner + "'s directory"
                                + ". Choose another with --data.");
                    }
                    data.awaitFormerChildren(line -> {});
                    deleteWithin(directory, directory.resolve(mark));
                }
            } else {
                open(directory).close();
            }
            Files.createFile(directory.resolve(mark));
        } catch (IOException e) {
            throw new StartException("Cannot empty " + directory + ": " + e, e);
        }
    }

    private static boolean isEmpty(Path directory) throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.allMatch(entry -> entry.getFileName().toString().equals("lock"));
        }
    }

    private static void deleteWithin(Path directory, Path mark) throws IOException {
        try (Stream<Path> entries = Files.walk(directory)) {
            for (Path entry : entries.sorted(Comparator.reverseOrder()).toList()) {
                if (!entry.equals(directory) && !entry.equals(directory.resolve("lock")) && !entry.equals(mark)) {
                    Files.delete(entry);
                }
            }
            // Last: whoever is killed meanwhile leaves a directory that is still known as that command's.
            Files.deleteIfExists(mark);
        }
    }

    private static @Nullable FileLock tryLock(FileChannel file) throws IOException {
        try {
            return file.tryLock();
        } catch (OverlappingFileLockException e) {
            return null;
        }
    }

    private static void restrict(Path directory) throws IOException {
        if (directory.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
        }
    }

    Path root() {
        return root;
    }

    /** A place in the directory. */
    Path resolve(String name) {
        return root.resolve(name);
    }

    /** Replaces a file as a whole: a kill leaves the old one or the new one. */
    void write(String name, String text) throws IOException {
        Path half = resolve(name + ".new");
        Files.writeString(half, text);
        Files.move(half, resolve(name), StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }

    /** Remembers a child, so that a next run can wait for its end if this process is killed. */
    void remember(String name, ProcessHandle child) {
        try {
            Files.createDirectories(resolve("children"));
            write("children/" + name, child.pid() + " " + startOf(child));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Waits for children of a run that was killed; they are about to end, because their parent did, and they hold ports
     * and files until then.
     */
    void awaitFormerChildren(Consumer<String> progress) throws StartException, InterruptedException {
        Path children = resolve("children");
        if (!Files.isDirectory(children)) {
            return;
        }
        List<Path> files;
        try (Stream<Path> list = Files.list(children)) {
            files = list.sorted().toList();
        } catch (IOException e) {
            throw new StartException("Cannot read " + children + ": " + e, e);
        }
        for (Path file : files) {
            Optional<ProcessHandle> child = former(file);
            if (child.isPresent()) {
                progress.accept("Waiting for %s of an earlier run (process %d) to end"
                        .formatted(file.getFileName(), child.get().pid()));
                awaitEnd(child.get());
            }
        }
    }

    private static void awaitEnd(ProcessHandle child) throws InterruptedException {
        try {
            child.onExit().get(Duration.ofSeconds(40).toSeconds(), TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            child.destroyForcibly();
            child.onExit().join();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The process that {@code file} remembers, if it lives and is not another one that got its number. */
    private static Optional<ProcessHandle> former(Path file) throws StartException {
        try {
            String[] fields = Files.readString(file).split(" ", 2);
            return ProcessHandle.of(Long.parseLong(fields[0]))
                    .filter(handle -> fields.length == 2 && startOf(handle).equals(fields[1]));
        } catch (IOException | NumberFormatException e) {
            throw new StartException("Cannot read " + file + " (" + e + "); remove it and try again.", e);
        }
    }

    private static String startOf(ProcessHandle process) {
        return process.info().startInstant().map(Instant::toString).orElse("unknown");
    }

    /** Tells other commands where the services are, until {@link #forgetAddresses()}. */
    void publishAddresses(Properties addresses) throws IOException {
        StringBuilder text = new StringBuilder();
        addresses.stringPropertyNames().stream()
                .sorted()
                .forEach(key -> text.append(key)
                        .append('=')
                        .append(addresses.getProperty(key))
                        .append('\n'));
        write("addresses.properties", text.toString());
    }

    void forgetAddresses() throws IOException {
        Files.deleteIfExists(resolve("addresses.properties"));
    }

    /** Where the services of a running installation are; empty if none is, as far as its directory tells. */
    static Optional<Properties> addresses(Path root) throws IOException {
        Path file = root.resolve("addresses.properties");
        if (!Files.exists(file) || !isLocked(root)) {
            return Optional.empty();
        }
        Properties addresses = new Properties();
        try (var reader = Files.newBufferedReader(file)) {
            addresses.load(reader);
        }
        return Optional.of(addresses);
    }

    /** Whether some process has the directory; the addresses of one that was killed are nobody's. */
    private static boolean isLocked(Path root) throws IOException {
        if (HELD.contains(root.toAbsolutePath())) {
            // To look would be to unlock: the system gives up all locks of a process on a file that it closes.
            return true;
        }
        try (FileChannel file = FileChannel.open(root.resolve("lock"), StandardOpenOption.WRITE);
                FileLock lock = tryLock(file)) {
            return lock == null;
        }
    }

    /** Unlocks the directory. */
    @Override
    public void close() throws IOException {
        HELD.remove(root.toAbsolutePath());
        lock.release();
        lockFile.close();
    }
}
