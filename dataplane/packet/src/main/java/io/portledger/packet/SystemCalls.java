package io.portledger.packet;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * The system calls of 64-bit Linux that packet memory and packet devices need.
 *
 * <p>A failed call answers its negated error number, as the kernel itself does. Pointers are plain addresses. An
 * instance serves one thread at a time: it owns the memory in which the C library leaves the error number.
 */
final class SystemCalls {

    static final int EPERM = 1;
    static final int ENOENT = 2;
    static final int EINTR = 4;
    static final int EAGAIN = 11;
    static final int ENOMEM = 12;
    static final int EACCES = 13;
    static final int EBUSY = 16;
    static final int ENODEV = 19;
    static final int EINVAL = 22;
    static final int ENOSYS = 38;
    static final int EOPNOTSUPP = 95;
    static final int EAFNOSUPPORT = 97;
    static final int O_RDWR_NONBLOCK = 0x802;
    static final int POLLIN = 1;

    private static final int PROT_READ_WRITE = 3;
    private static final int MAP_SHARED_POPULATE = 0x8001;
    private static final int MAP_PRIVATE_ANONYMOUS_NORESERVE = 0x4022;
    private static final int MADV_HUGEPAGE = 14;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    private static final MethodHandle MMAP =
            function("mmap", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG);
    private static final MethodHandle MUNMAP = function("munmap", JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle MADVISE = function("madvise", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT);
    private static final MethodHandle OPEN = variadic("open", JAVA_INT, 2, JAVA_LONG, JAVA_INT);
    private static final MethodHandle CLOSE = function("close", JAVA_INT, JAVA_INT);
    private static final MethodHandle IOCTL = variadic("ioctl", JAVA_INT, 2, JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle READ = function("read", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle WRITE = function("write", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle POLL = function("poll", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT);
    private static final MethodHandle SOCKET = function("socket", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT);
    private static final MethodHandle BIND = function("bind", JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT);
    private static final MethodHandle SETSOCKOPT =
            function("setsockopt", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT);
    private static final MethodHandle GETSOCKOPT =
            function("getsockopt", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle SEND = function("send", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT);
    private static final MethodHandle IO_URING_SETUP =
            variadic("syscall", JAVA_LONG, 1, JAVA_LONG, JAVA_INT, JAVA_LONG);
    private static final MethodHandle IO_URING_ENTER =
            variadic("syscall", JAVA_LONG, 1, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG);

    // The same number on x86-64 and ARM64; the C library has no functions for these calls.
    private static final long NR_IO_URING_SETUP = 425;
    private static final long NR_IO_URING_ENTER = 426;

    private final MemorySegment state = Arena.ofAuto().allocate(STATE);

    /** Whether this is a system whose calls these are. */
    static boolean areThere() {
        return System.getProperty("os.name", "").equals("Linux");
    }

    /** Zeroed private memory that takes room only where it is written, on huge pages where the kernel has them. */
    long mapMemory(long size) {
        try {
            long address =
                    (long) MMAP.invokeExact(state, 0L, size, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS_NORESERVE, -1, 0L);
            if (address == -1) {
                return -error();
            }
            // Advice only: without it everything works on small pages.
            int ignored = (int) MADVISE.invokeExact(state, address, size, MADV_HUGEPAGE);
            return address;
        } catch (Throwable e) {
            throw linkageFault(e);
        }
    }

    /** Memory that is shared with the kernel through a file; its address, or the negated error number. */
    long mapShared(int fd, long size, long offset) {
        try {
            return outcome((long) MMAP.invokeExact(state, 0L, size, PROT_READ_WRITE, MAP_SHARED_POPULATE, fd, offset));
        } catch (Throwable e) {
            throw linkageFault(e);
        }
    }

    int unmapMemory(long address, long size) {
        try {
            return (int) outcome((int) MUNMAP.invokeExact(state, address, size));
        } catch (Throwable e) {
            throw linkageFault(e);
        }
    }

    int open(String path, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            return (int) outcome(
                    (int) OPEN.invokeExact(state, arena.allocateFrom(path).address(), flags));
        } catch (Throwable e) {
            throw linkageFault(e);
        }
    }

    int close(int fd) {
        try {
            return (int) outcome((int) CLOSE.invokeExact(state, fd));
        } catch (Throwable e) {
            throw linkageFault(e);
        }
    }

    int ioctl(int fd, long request, long argument) {
        try {
            return (int) outcome((int) IOCTL.invokeExact(state, fd, request, argument));
        } catch (Throwable e) {
            throw linkageFault(e);
        }
    }

    long read(int fd, long address, long length) {
        try {
            return outcome((long) READ.invokeExact(state, fd, address, length));
        } catch (Throwable e) {
            throw linkageFault(e);
        }
    }

    long write(int fd, long address, long length) {
        try {
            return outcome((long) WRITE.invokeExact(state, fd, address, length));
        } catch (Throwable e) {
            throw linkageFault(e);
        }
    }

    int poll(long pollDescriptors, int count, int timeoutMillis) {
        try {
            return (int) outcome((int) POLL.invokeExact(state, pollDescriptors, (long) count, timeoutMillis));
        } catch (Throwable e) {
            throw linkageFault(e);
        }
    }

    int socket(int family, int type, int protocol) {
        try {
            return (int) outcome((int) SOCKET.invokeExact(state, family, type, protocol));
        } catch (Throwable e) {
            throw linkageFault(e);
        }
    }

    int bind(int fd, long address, int length) {
        try {
            return (int) outcome((int) BIND.invokeExact(state, fd, address, length));
        } catch (Throwable e) {
            throw linkageFault(e);
        }
    }

    /** Sets a socket option to the {@code length} octets at {@code value}. */
    int setOption(int fd, int level, int option, long value, int length) {
        try {
            return (int) outcome((int) SETSOCKOPT.invokeExact(state, fd, level, option, value, length));
        } catch (Throwable e) {
            throw linkageFault(e);
        }
    }

    /** Reads a socket option into {@code value}; {@code length} is the address of a 32-bit octet count, in and out. */
    int getOption(int fd, int level, int option, long value, long length) {
        try {
            return (int) outcome((int) GETSOCKOPT.invokeExact(state, fd, level, option, value, length));
        } catch (Throwable e) {
            throw linkageFault(e);
        }
    }

    long send(int fd, long address, long length, int flags) {
        try {
            return outcome((long) SEND.invokeExact(state, fd, address, length, flags));
        } catch (Throwable e) {
            throw linkageFault(e);
        }
    }

    /** The descriptor of a new io_uring; {@code parameters} is a {@code struct io_uring_params}. */
    int ioUringSetup(int entries, long parameters) {
        try {
            return (int) outcome((long) IO_URING_SETUP.invokeExact(state, NR_IO_URING_SETUP, entries, parameters));
        } catch (Throwable e) {
            throw linkageFault(e);
        }
    }

    /** How many requests an io_uring took. */
    int ioUringEnter(int fd, int toSubmit, int minComplete, int flags) {
        try {
            return (int) outcome((long)
                    IO_URING_ENTER.invokeExact(state, NR_IO_URING_ENTER, fd, toSubmit, minComplete, flags, 0L, 0L));
        } catch (Throwable e) {
            throw linkageFault(e);
        }
    }

    private long outcome(long result) {
        return result == -1 ? -error() : result;
    }

    private int error() {
        return (int) ERRNO.get(state, 0L);
    }

    private static RuntimeException linkageFault(Throwable e) {
        return new IllegalStateException("A system call could not be made", e);
    }

    private static MethodHandle function(String name, ValueLayout result, MemoryLayout... arguments) {
        return link(name, FunctionDescriptor.of(result, arguments), Linker.Option.captureCallState("errno"));
    }

    private static MethodHandle variadic(
            String name, ValueLayout result, int firstVariadic, MemoryLayout... arguments) {
        return link(
                name,
                FunctionDescriptor.of(result, arguments),
                Linker.Option.captureCallState("errno"),
                Linker.Option.firstVariadicArg(firstVariadic));
    }

    @SuppressWarnings("restricted") // Foreign functions are the point of this class; their signatures stand above.
    private static MethodHandle link(String name, FunctionDescriptor descriptor, Linker.Option... options) {
        return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), descriptor, options);
    }
}
