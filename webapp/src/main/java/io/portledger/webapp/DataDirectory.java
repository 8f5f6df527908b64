package io.portledger.webapp;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * Where the application keeps its files; it exists, and if it had to be made, only its owner may enter.
 *
 * @param path the directory, absolute
 */
public record DataDirectory(Path path) {

    /** Makes the directory if it is not there. */
    public static DataDirectory open(Path path) throws IOException {
        Path directory = path.toAbsolutePath().normalize();
        if (!Files.isDirectory(directory)) {
            Path parent = directory;
            while (parent.getParent() != null && !Files.exists(parent)) {
                parent = parent.getParent();
            }
            boolean isPosix = Files.getFileStore(parent).supportsFileAttributeView("posix");
            FileAttribute<?>[] ownerOnly = isPosix
                    ? new FileAttribute<?>[] {
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"))
                    }
                    : new FileAttribute<?>[0];
            Files.createDirectories(directory, ownerOnly);
        }
        return new DataDirectory(directory);
    }

    /** The file of that name. */
    public Path file(String name) {
        return path.resolve(name);
    }
}
