// The yardstick for TunDevice: what it does, in C, by the bare system calls of io_uring; and a generator of packets.
//
//   tun-io-uring forward DEVICE [BATCH] [joint]   reads packets, puts 40 octets before each, writes them back
//   tun-io-uring generate OCTETS                  sends UDP packets of that length to 192.0.2.2 as fast as it can
//
// Both run until they are killed. With "joint", the writes of a batch and the reads of the next are one system call.
//
// Licensed under the Apache License, Version 2.0, as the rest of Portledger.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/io_uring.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define HEAD_ROOM 128
#define LONGEST 9216
#define SLOT ((((HEAD_ROOM + LONGEST) / 64) | 1) * 64)
#define FEWEST_READS 8
#define IPV6_HEADER 40
#define RWF_NOWAIT_FLAG 8

struct ring {
    int fd;
    int file;
    unsigned mask, completion_mask;
    unsigned *submission_tail, *completion_head, *completion_tail;
    struct io_uring_sqe *requests;
    struct io_uring_cqe *completions;
    unsigned next, added;
    int *results;
};

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void open_ring(struct ring *ring, int file, unsigned capacity) {
    struct io_uring_params setup = {0};
    ring->file = file;
    ring->fd = (int) syscall(__NR_io_uring_setup, capacity, &setup);
    if (ring->fd < 0) fail("io_uring_setup");
    size_t octets = setup.sq_off.array + setup.sq_entries * sizeof(unsigned);
    size_t others = setup.cq_off.cqes + setup.cq_entries * sizeof(struct io_uring_cqe);
    if (others > octets) octets = others;
    char *rings = mmap(0, octets, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring->fd, IORING_OFF_SQ_RING);
    if (rings == MAP_FAILED) fail("mmap of the rings");
    ring->requests = mmap(0, setup.sq_entries * sizeof(struct io_uring_sqe), PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_POPULATE, ring->fd, IORING_OFF_SQES);
    if (ring->requests == MAP_FAILED) fail("mmap of the requests");
    ring->mask = setup.sq_entries - 1;
    ring->completion_mask = setup.cq_entries - 1;
    ring->submission_tail = (unsigned *) (rings + setup.sq_off.tail);
    ring->completion_head = (unsigned *) (rings + setup.cq_off.head);
    ring->completion_tail = (unsigned *) (rings + setup.cq_off.tail);
    ring->completions = (struct io_uring_cqe *) (rings + setup.cq_off.cqes);
    ring->results = calloc(setup.sq_entries, sizeof(int));
    for (unsigned i = 0; i < setup.sq_entries; i++) {
        ((unsigned *) (rings + setup.sq_off.array))[i] = i;
        memset(&ring->requests[i], 0, sizeof(struct io_uring_sqe));
        ring->requests[i].fd = file;
        ring->requests[i].rw_flags = RWF_NOWAIT_FLAG;
        ring->requests[i].user_data = i;
    }
}

static inline void add(struct ring *ring, int operation, void *address, unsigned length) {
    struct io_uring_sqe *request = &ring->requests[(ring->next + ring->added) & ring->mask];
    request->opcode = (uint8_t) operation;
    request->addr = (uintptr_t) address;
    request->len = length;
    ring->added++;
}

static void submit(struct ring *ring) {
    unsigned to_submit = ring->added, to_complete = ring->added;
    __atomic_store_n(ring->submission_tail, ring->next + ring->added, __ATOMIC_RELEASE);
    while (to_complete > 0) {
        long outcome =
            syscall(__NR_io_uring_enter, ring->fd, to_submit, to_complete, IORING_ENTER_GETEVENTS, (void *) 0, 0L);
        if (outcome >= 0) {
            to_submit -= (unsigned) outcome;
        } else if (errno != EINTR && errno != EAGAIN && errno != EBUSY) {
            fail("io_uring_enter");
        }
        unsigned head = *ring->completion_head;
        unsigned tail = __atomic_load_n(ring->completion_tail, __ATOMIC_ACQUIRE);
        for (unsigned i = head; i != tail; i++) {
            struct io_uring_cqe *completion = &ring->completions[i & ring->completion_mask];
            ring->results[((unsigned) completion->user_data - ring->next) & ring->mask] = completion->res;
        }
        __atomic_store_n(ring->completion_head, tail, __ATOMIC_RELEASE);
        to_complete -= tail - head;
    }
    ring->next += ring->added;
    ring->added = 0;
}

static void prepend(char *packet, unsigned length) {
    static const unsigned char addresses[32] = {0x20, 1, 0xd, 0xb8, 1, [15] = 1, 0x20, 1, 0xd, 0xb8, 2, [31] = 1};
    unsigned char *header = (unsigned char *) packet - IPV6_HEADER;
    uint64_t first = 6ULL << 60 | (uint64_t) length << 16 | 4 << 8 | 64;
    first = __builtin_bswap64(first);
    memcpy(header, &first, 8);
    memcpy(header + 8, addresses, 32);
}

static int open_tun(const char *name) {
    int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
    struct ifreq request = {0};
    strncpy(request.ifr_name, name, IFNAMSIZ - 1);
    request.ifr_flags = IFF_TUN | IFF_NO_PI;
    if (fd < 0 || ioctl(fd, TUNSETIFF, &request) < 0) fail(name);
    return fd;
}

static void forward(const char *device, unsigned batch, int is_joint) {
    struct ring read_ring, write_ring;
    int fd = open_tun(device);
    open_ring(&read_ring, fd, is_joint ? 2 * batch : batch);
    open_ring(&write_ring, fd, batch);
    char *memory = mmap(0, (size_t) batch * SLOT, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) fail("mmap of the slots");
    madvise(memory, (size_t) batch * SLOT, MADV_HUGEPAGE);
    char **packets = calloc(batch, sizeof(char *));
    unsigned *lengths = calloc(batch, sizeof(unsigned));
    unsigned size = 0, wanted = FEWEST_READS;
    for (;;) {
        unsigned writes = 0;
        if (is_joint) {
            // The operations are done in order, so that a slot is written out before it is read into again.
            for (; writes < size; writes++) {
                add(&read_ring, IORING_OP_WRITE, packets[writes] - IPV6_HEADER, lengths[writes] + IPV6_HEADER);
            }
        }
        for (unsigned i = 0; i < wanted; i++) {
            add(&read_ring, IORING_OP_READ, memory + (size_t) i * SLOT + HEAD_ROOM, LONGEST);
        }
        submit(&read_ring);
        size = 0;
        for (unsigned i = 0; i < wanted; i++) {
            int length = read_ring.results[writes + i];
            if (length > 0) {
                packets[size] = memory + (size_t) i * SLOT + HEAD_ROOM;
                lengths[size] = (unsigned) length;
                size++;
            } else if (length != -EAGAIN) {
                errno = -length;
                fail("read");
            }
        }
        wanted = 2 * size < FEWEST_READS ? FEWEST_READS : 2 * size > batch ? batch : 2 * size;
        for (unsigned i = 0; i < size; i++) {
            prepend(packets[i], lengths[i]);
        }
        if (size == 0) {
            struct pollfd descriptor = {.fd = fd, .events = POLLIN};
            poll(&descriptor, 1, 100);
        } else if (!is_joint) {
            for (unsigned i = 0; i < size; i++) {
                add(&write_ring, IORING_OP_WRITE, packets[i] - IPV6_HEADER, lengths[i] + IPV6_HEADER);
            }
            submit(&write_ring);
        }
    }
}

static void generate(int octets) {
    static char payload[65536];
    int segment = octets - 28, segments = 60000 / octets < 64 ? 60000 / octets : 64;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in target = {.sin_family = AF_INET, .sin_port = htons(9)};
    inet_pton(AF_INET, "192.0.2.2", &target.sin_addr);
    // The kernel cuts one send into many packets, which costs less than as many sends.
    if (fd < 0 || setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof segment) < 0) fail("UDP_SEGMENT");
    if (connect(fd, (struct sockaddr *) &target, sizeof target) < 0) fail("connect");
    for (;;) {
        if (send(fd, payload, (size_t) (segment * segments), 0) < 0 && errno != ENOBUFS && errno != EAGAIN) fail("send");
    }
}

int main(int count, char **arguments) {
    if (count >= 3 && strcmp(arguments[1], "forward") == 0) {
        forward(arguments[2], count > 3 ? (unsigned) atoi(arguments[3]) : 256, count > 4);
    } else if (count == 3 && strcmp(arguments[1], "generate") == 0) {
        generate(atoi(arguments[2]));
    }
    fprintf(stderr, "usage: tun-io-uring forward DEVICE [BATCH] [joint] | generate OCTETS\n");
    return 2;
}
