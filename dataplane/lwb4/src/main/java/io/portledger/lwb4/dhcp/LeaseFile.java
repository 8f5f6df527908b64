package io.portledger.lwb4.dhcp;

import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A lease, and from which address it was asked for, in one line of a file. A file that cannot be read or written costs only
 * the chance to ask for the same lease again, so it is told to the log and nobody else. One thread.
 */
public final class LeaseFile {

    private static final Logger log = LoggerFactory.getLogger(LeaseFile.class);
    private static final int FIELDS = 9;

    private final @Nullable Path file;

    /** @param file null: nothing is kept */
    public LeaseFile(@Nullable Path file) {
        this.file = file;
    }

    /** The lease that is there, if it was asked for from this address (RFC 7618 §7). */
    public Optional<Dhcp4o6Lease> read(Ipv6Address source) {
        if (file == null) {
            return Optional.empty();
        }
        try {
            String[] fields = Files.readString(file).strip().split(",", -1);
            if (fields.length != FIELDS || !Ipv6Address.parse(fields[0]).equals(source)) {
                return Optional.empty();
            }
            return Optional.of(new Dhcp4o6Lease(
                    Ipv4Address.parse(fields[1]),
                    PortSet.parse(fields[2]),
                    Ipv6Address.parse(fields[3]),
                    fields[4].isEmpty() ? null : Ipv6Address.parse(fields[4]),
                    Ipv4Address.parse(fields[5]),
                    Instant.parse(fields[6]),
                    Instant.parse(fields[7]),
                    Instant.parse(fields[8])));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException | IllegalArgumentException | DateTimeException e) {
            log.warn("The lease in {} cannot be used, a new one is asked for: {}", file, e.getMessage());
            return Optional.empty();
        }
    }

    /** Keeps a lease in place of the one before. */
    public void write(Ipv6Address source, Dhcp4o6Lease lease) {
        if (file == null) {
            return;
        }
        String line = String.join(
                ",",
                source.toString(),
                lease.ipv4().toString(),
                lease.ports().toString(),
                lease.softwireAddress().toString(),
                lease.br() == null ? "" : lease.br().toString(),
                lease.server().toString(),
                lease.renewAt().toString(),
                lease.rebindAt().toString(),
                lease.expiresAt().toString());
        Path written = file.resolveSibling(file.getFileName() + ".new");
        try {
            Files.writeString(written, line + "\n");
            Files.move(written, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            log.warn("The lease cannot be kept in {}: {}", file, e.toString());
        }
    }

    /** Keeps none. */
    public void delete() {
        if (file == null) {
            return;
        }
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            log.warn("The lease in {} cannot be deleted: {}", file, e.toString());
        }
    }
}
