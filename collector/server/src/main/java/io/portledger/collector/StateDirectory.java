package io.portledger.collector;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/**
 * The directory for what must outlive the collector's process. While it is open it belongs to this collector alone; it
 * holds what subscribers did, so nobody but its owner can look into it.
 */
final class StateDirectory implements AutoCloseable {

    private final Path path;
    private final FileChannel lockChannel;

    private StateDirectory(Path path, FileChannel lockChannel) {
        this.path = path;
        this.lockChannel = lockChannel;
    }

    /**
     * Makes the directory unless it is there, and locks it.
     *
     * @throws CollectorException if it cannot be had
     */
    static StateDirectory open(Path path) {
        try {
            Files.createDirectories(path);
            if (path.getFileSystem().supportedFileAttributeViews().contains("posix")) {
                Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwx------"));
            }
            FileChannel channel =
                    FileChannel.open(path.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (tryLock(channel) == null) {
                channel.close();
                throw new CollectorException("another collector uses the state directory " + path
                        + "; stop it, or set another collector.state-directory");
            }
            return new StateDirectory(path, channel);
        } catch (IOException e) {
            throw new CollectorException(
                    "cannot use the state directory " + path + ": " + e
                            + "; give the collector's user the right to write there, or set another"
                            + " collector.state-directory",
                    e);
        }
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null;
        }
    }

    Path path() {
        return path;
    }

    /** Lets another collector have it. */
    @Override
    public void close() {
        try {
            lockChannel.close();
        } catch (IOException e) {
            throw new CollectorException("cannot close the state directory " + path + ": " + e, e);
        }
    }
}
