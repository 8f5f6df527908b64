package io.portledger.webapp.audit;

import io.portledger.webapp.audit.AuditLog.Verification;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Objects;
import java.util.function.DoubleConsumer;
import org.springframework.security.access.prepost.PreAuthorize;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.stereotype.Service;

/**
 * The one place where the audit log is read, by users with the role AUDITOR. That somebody reads it stands in the log
 * itself before it is read. Safe for use by several threads.
 *
 * <p>Methods throw {@link AuditException} if the log cannot be written or read. {@code address} is the network address of
 * the reader.
 */
@Service
public class AuditDesk {

    /** Where the newest page begins. */
    public static final long NEWEST = Long.MAX_VALUE;

    private static final long TOLD_EVERY = 1L << 20;

    private final AuditLog audit;

    AuditDesk(AuditLog audit) {
        this.audit = audit;
    }

    /**
     * A page of the log, newest lines first.
     *
     * @param before {@link #NEWEST}, or {@link AuditPage#older()} of the page before
     */
    @PreAuthorize("hasRole('AUDITOR')")
    public AuditPage page(AuditPage.Filter filter, long before, String address) {
        audit.append(new AuditEvent.AuditRead(reader(), address, filter.toString()));
        try {
            return AuditPage.read(audit.file(), filter, before);
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    /**
     * Follows the chain through the whole file.
     *
     * @param progress is told now and then how much is done, 0 to 1
     */
    @PreAuthorize("hasRole('AUDITOR')")
    public Verification verify(DoubleConsumer progress, String address) {
        try {
            long size = Math.max(1, Files.size(audit.file()));
            long[] told = {0};
            Verification result = AuditLog.verify(audit.file(), (_, _, octets) -> {
                if (octets - told[0] >= TOLD_EVERY) {
                    told[0] = octets;
                    progress.accept(Math.min(1, (double) octets / size));
                }
            });
            audit.append(new AuditEvent.AuditVerified(
                    reader(), address, result.lines(), result.lastHash(), result.problem()));
            return result;
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    private AuditException unreadable(IOException e) {
        return new AuditException("The audit log " + audit.file() + " cannot be read: " + e.getMessage() + ".", e);
    }

    private static String reader() {
        return Objects.requireNonNull(
                        SecurityContextHolder.getContext().getAuthentication(),
                        "a call without a user got past the check of its role")
                .getName();
    }
}
