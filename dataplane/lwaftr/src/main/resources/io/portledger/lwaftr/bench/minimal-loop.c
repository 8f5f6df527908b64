/*
 * The yardstick of `portledger bench lwaftr`: the least that a lwAFTR must do for a packet, in C.
 *
 * It has the same table as BindingTable (open addressing, lines of 64 octets, volume counters in them, at most 70 % full,
 * the same hash), the same packets as Workload makes, in slots of the same size, and goes through batches of 256 in the
 * same three passes: check the packet and hash; load every line; find, count and write. It verifies the IPv4 header
 * checksum, compares the outer addresses of what comes out of a softwire, and corrects the checksum for the lower TTL.
 *
 * It has no slow path, no changes of the table, one port-set shape, no hairpinning, no ECN, no statistics: a packet that
 * is out of the ordinary is dropped.
 *
 * usage: minimal-loop BINDINGS WARM_UP_MILLIS MEASURE_MILLIS MISSING CELL...
 * where a cell is TRAFFIC:PACKETS, such as random:550, one:imix or 65536:64. It prints a line for each cell: its name,
 * octets of the table, packets offered and forwarded in the round that is checked, digests of what came out downstream
 * and upstream, nanoseconds a packet downstream, upstream and for putting a packet in place.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

typedef unsigned __int128 u128;

enum {
    BATCH = 256,
    RING = 4,             /* batches in turn, as slots of a receive ring */
    SLOT = 1728,          /* as PacketBatch: head room, 1500 octets, an odd number of lines */
    HEAD_ROOM = 128,
    LONGEST = 1500,
    IPV4 = 20,
    IPV6 = 40,
    DOWN_HEAD = 32,       /* octets of a packet that differ from packet to packet, as they lie in the stream */
    UP_HEAD = 72,
    MOST_ROUNDS = 1 << 18
};

static const uint64_t PREFIX = 0x20010db800000000u;
static const uint64_t BR_HIGH = 0x20010db8ffff0000u;
static const uint64_t BR_LOW = 1;
static const int HOP_LIMIT = 64;

/* Not constants for the compiler: they are settings in a lwAFTR. */
static volatile int setting_psid_length = 6, setting_psid_offset = 0, setting_mtu4 = 1500, setting_mtu6 = 1500;

struct line {
    uint64_t head; /* address (32), PSID (16), state */
    uint8_t b4[16];
    uint32_t br, shape;
    uint64_t packets_down, octets_down, packets_up, octets_up;
};

static struct line *lines;
static uint64_t line_count;
static uint8_t brs[16];
static volatile uint64_t sink;

static void *memory(size_t size) {
    void *p = mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) {
        perror("mmap");
        exit(3);
    }
    madvise(p, size, MADV_HUGEPAGE);
    return p;
}

static uint64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static inline uint64_t get64(const uint8_t *p) { uint64_t v; memcpy(&v, p, 8); return __builtin_bswap64(v); }
static inline uint32_t get32(const uint8_t *p) { uint32_t v; memcpy(&v, p, 4); return __builtin_bswap32(v); }
static inline uint16_t get16(const uint8_t *p) { uint16_t v; memcpy(&v, p, 2); return __builtin_bswap16(v); }
static inline void put64(uint8_t *p, uint64_t v) { v = __builtin_bswap64(v); memcpy(p, &v, 8); }
static inline void put32(uint8_t *p, uint32_t v) { v = __builtin_bswap32(v); memcpy(p, &v, 4); }
static inline void put16(uint8_t *p, uint16_t v) { v = __builtin_bswap16(v); memcpy(p, &v, 2); }

/* --- The table ---------------------------------------------------------------------------------------------------- */

static inline uint64_t mul_high(uint64_t a, uint64_t b) { return (uint64_t)((u128)a * b >> 64); }

static inline uint64_t mix(uint64_t key) {
    uint64_t h = key * 0x9e3779b97f4a7c15u;
    h = (h ^ h >> 32) * 0xd6e8feb86659fd93u;
    return h ^ h >> 32;
}

static inline uint64_t key_of(uint32_t ipv4, uint32_t psid) { return (uint64_t)ipv4 << 32 | (uint64_t)psid << 16; }

static inline struct line *home_of(uint64_t key) { return lines + mul_high(mix(key), line_count); }

static inline struct line *find(struct line *line, uint64_t key) {
    while (1) {
        uint64_t head = line->head;
        if (head == (key | 1)) {
            return line;
        }
        if (head == 0) {
            return NULL;
        }
        if (++line == lines + line_count) {
            line = lines;
        }
    }
}

static uint32_t address_of(uint64_t binding) { return 0x0a000000u + (uint32_t)(binding >> 6); }

static void load(uint64_t bindings) {
    line_count = bindings * 10 / 7 + 1;
    line_count = line_count < 64 ? 64 : line_count;
    lines = memory(line_count * sizeof *lines);
    for (uint64_t i = 0; i < bindings; i++) {
        uint32_t ipv4 = address_of(i), psid = i & 63;
        uint64_t key = key_of(ipv4, psid);
        struct line *line = home_of(key);
        while (line->head != 0) {
            line = line + 1 == lines + line_count ? lines : line + 1;
        }
        put64(line->b4, PREFIX + i);
        put64(line->b4 + 8, (uint64_t)ipv4 << 16 | psid);
        line->head = key | 1;
    }
}

/* --- Packets: as in Workload -------------------------------------------------------------------------------------- */

struct packets {
    uint64_t count;
    uint8_t *down, *up;
    uint16_t *lengths; /* of the IPv4 packet */
};

static uint64_t random_state;

static uint64_t next_random(void) {
    uint64_t z = random_state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static uint64_t sum(const uint8_t *p, int length) {
    uint64_t s = 0;
    for (; length >= 8; p += 8, length -= 8) {
        uint64_t w = get64(p);
        s += (w >> 32) + (uint32_t)w;
    }
    if (length >= 4) {
        s += get32(p);
    }
    return s;
}

static inline uint32_t fold(uint64_t s) {
    s = (s >> 32) + (uint32_t)s;
    s = (s >> 16) + (s & 0xffff);
    s = (s >> 16) + (s & 0xffff);
    s = (s >> 16) + (s & 0xffff);
    return (uint32_t)s;
}

static void write_ipv4(uint8_t *p, int length, int protocol, uint32_t source, uint32_t destination, uint32_t ports,
                       uint64_t identification) {
    put64(p, 0x45u * (1ull << 56) | (uint64_t)length << 32 | (identification & 0xffff) << 16);
    put64(p + 8, 64ull << 56 | (uint64_t)protocol << 48 | source);
    put32(p + 16, destination);
    put16(p + 10, ~fold(sum(p, IPV4)) & 0xffff);
    put32(p + 20, ports);
    put32(p + 24, (uint32_t)(length - IPV4) << 16);
}

static int length_of(const char *sizes, uint64_t random) {
    if (strcmp(sizes, "imix") != 0) {
        return atoi(sizes);
    }
    uint64_t twelfth = mul_high(random << 40, 12);
    return twelfth < 7 ? 64 : twelfth < 11 ? 576 : 1460;
}

static void make(struct packets *packets, uint64_t bindings, const char *traffic, const char *sizes, uint64_t missing) {
    int is_one = strcmp(traffic, "one") == 0;
    uint64_t active = strcmp(traffic, "random") == 0 ? bindings : is_one ? 1 : strtoull(traffic, 0, 10);
    uint64_t count = 1 << 14;
    while (!is_one && count < active * 4 && count < 1 << 20) {
        count *= 2;
    }
    packets->count = count;
    packets->down = memory(count * DOWN_HEAD);
    packets->up = memory(count * UP_HEAD);
    packets->lengths = memory(count * sizeof(uint16_t));
    random_state = 3;
    uint64_t flow = next_random();
    for (uint64_t i = 0; i < count; i++) {
        uint64_t random = next_random();
        uint64_t binding = mul_high(random, active);
        uint64_t choice = is_one ? flow : next_random();
        uint32_t remote = 0x10000000u + (uint32_t)((choice >> 32) * 0x60000000u >> 32);
        uint32_t remote_port = choice >> 16 & 0xffff;
        uint32_t psid = binding & 63;
        uint32_t port = psid << 10 | (choice & 0x3ff);
        int protocol = choice & 0x400 ? 6 : 17;
        int length = length_of(sizes, random);
        uint32_t own = address_of(binding);
        if (missing != 0 && i % missing == missing - 1) {
            own += 0x01000000u;
        }
        packets->lengths[i] = (uint16_t)length;
        uint8_t *down = packets->down + i * DOWN_HEAD;
        write_ipv4(down, length, protocol, remote, own, remote_port << 16 | port, i);
        uint8_t *up = packets->up + i * UP_HEAD;
        put64(up, 6ull << 60 | (uint64_t)length << 16 | 4 << 8 | 64);
        put64(up + 8, PREFIX + binding);
        put64(up + 16, (uint64_t)address_of(binding) << 16 | psid);
        put64(up + 24, BR_HIGH);
        put64(up + 32, BR_LOW);
        write_ipv4(up + IPV6, length, protocol, own, remote, port << 16 | remote_port, i);
    }
}

static void unmake(struct packets *packets) {
    munmap(packets->down, packets->count * DOWN_HEAD);
    munmap(packets->up, packets->count * UP_HEAD);
    munmap(packets->lengths, packets->count * sizeof(uint16_t));
}

/* --- Forwarding --------------------------------------------------------------------------------------------------- */

struct batch {
    uint8_t *memory;
    int size;
    uint8_t *packet[BATCH];
    int length[BATCH];
};

static struct batch down_ring[RING], up_ring[RING], out;
static uint64_t keys[BATCH];
static struct line *homes[BATCH];
static uint64_t counters[8];
static const uint8_t payload[LONGEST];

static inline void prepare(int i, uint32_t ipv4, uint32_t port) {
    int k = setting_psid_length, a = setting_psid_offset;
    if (a > 0 && port >> (16 - a) == 0) {
        return;
    }
    uint64_t key = key_of(ipv4, port >> (16 - a - k) & ((1u << k) - 1));
    keys[i] = key;
    homes[i] = home_of(key);
}

static __attribute__((noinline)) void prepare_down(struct batch *in) {
    uint64_t octets = 0;
    int mtu = setting_mtu6 - IPV6;
    for (int i = 0; i < in->size; i++) {
        const uint8_t *p = in->packet[i];
        int length = in->length[i];
        octets += (uint64_t)length;
        homes[i] = NULL;
        if (length < IPV4 + 8 || p[0] != 0x45) {
            continue;
        }
        int total = get16(p + 2), protocol = p[9];
        if (total < IPV4 + 8 || total > length || total > mtu || (get16(p + 6) & 0x3fff) != 0 || p[8] <= 1
            || (protocol != 6 && protocol != 17) || fold(sum(p, IPV4)) != 0xffff) {
            continue;
        }
        prepare(i, get32(p + 16), get16(p + 22));
    }
    counters[0] += (uint64_t)in->size;
    counters[1] += octets;
}

static __attribute__((noinline)) void prepare_up(struct batch *in) {
    uint64_t octets = 0;
    int mtu = setting_mtu4;
    for (int i = 0; i < in->size; i++) {
        const uint8_t *outer = in->packet[i], *p = outer + IPV6;
        int length = in->length[i];
        octets += (uint64_t)length;
        homes[i] = NULL;
        if (length < IPV6 + IPV4 + 8) {
            continue;
        }
        int room = get16(outer + 4);
        if (outer[0] >> 4 != 6 || outer[6] != 4 || IPV6 + room > length || p[0] != 0x45) {
            continue;
        }
        int total = get16(p + 2), protocol = p[9];
        if (total < IPV4 + 8 || total > room || total > mtu || (get16(p + 6) & 0x3fff) != 0 || p[8] <= 1
            || (protocol != 6 && protocol != 17) || fold(sum(p, IPV4)) != 0xffff) {
            continue;
        }
        prepare(i, get32(p + 12), get16(p + 20));
    }
    counters[2] += (uint64_t)in->size;
    counters[3] += octets;
}

static __attribute__((noinline)) void touch(int count) {
    uint64_t s = 0;
    for (int i = 0; i < count; i++) {
        if (homes[i] != NULL) {
            s += homes[i]->head;
        }
    }
    sink = s;
}

/* RFC 1624, equation 3: the word with the TTL is smaller by 0x100. */
static inline void lower_ttl(uint8_t *p) {
    uint32_t s = (uint16_t)~get16(p + 10) + 0xfeffu;
    put16(p + 10, (uint16_t)~(s + (s >> 16)));
    p[8]--;
}

static __attribute__((noinline)) void finish_down(struct batch *in) {
    uint64_t octets = 0;
    for (int i = 0; i < in->size; i++) {
        struct line *line = homes[i] == NULL ? NULL : find(homes[i], keys[i]);
        if (line == NULL) {
            continue;
        }
        uint8_t *p = in->packet[i];
        int total = get16(p + 2);
        line->packets_down++;
        line->octets_down += (uint64_t)total;
        lower_ttl(p);
        uint8_t *outer = p - IPV6;
        put64(outer, 6ull << 60 | (uint64_t)p[1] << 52 | (uint64_t)total << 16 | 4 << 8 | (uint64_t)HOP_LIMIT);
        memcpy(outer + 8, brs + line->br, 16);
        memcpy(outer + 24, line->b4, 16);
        out.packet[out.size] = outer;
        out.length[out.size++] = total + IPV6;
        octets += (uint64_t)total;
    }
    counters[4] += (uint64_t)out.size;
    counters[5] += octets;
}

static __attribute__((noinline)) void finish_up(struct batch *in) {
    uint64_t octets = 0;
    for (int i = 0; i < in->size; i++) {
        struct line *line = homes[i] == NULL ? NULL : find(homes[i], keys[i]);
        const uint8_t *outer = in->packet[i];
        if (line == NULL || memcmp(outer + 8, line->b4, 16) != 0 || memcmp(outer + 24, brs + line->br, 16) != 0) {
            continue;
        }
        uint8_t *p = in->packet[i] + IPV6;
        int total = get16(p + 2);
        line->packets_up++;
        line->octets_up += (uint64_t)total;
        lower_ttl(p);
        out.packet[out.size] = p;
        out.length[out.size++] = total;
        octets += (uint64_t)total;
    }
    counters[6] += (uint64_t)out.size;
    counters[7] += octets;
}

static void forward_down(struct batch *in) {
    out.size = 0;
    prepare_down(in);
    touch(in->size);
    finish_down(in);
}

static void forward_up(struct batch *in) {
    out.size = 0;
    prepare_up(in);
    touch(in->size);
    finish_up(in);
}

/* --- Measuring: as in Traffic ----------------------------------------------------------------------------------- */

static void put_in_place(struct batch *batch, const uint8_t *heads, int head, int outer, const uint16_t *lengths,
                         uint64_t first) {
    batch->size = 0;
    for (int i = 0; i < BATCH; i++) {
        uint8_t *slot = batch->memory + (size_t)i * SLOT + HEAD_ROOM;
        int length = lengths[first + (uint64_t)i] + outer;
        memcpy(slot, heads + (first + (uint64_t)i) * (uint64_t)head, (size_t)head);
        if (length > head) {
            memcpy(slot + head, payload, (size_t)(length - head));
        }
        batch->packet[i] = slot;
        batch->length[i] = length;
        batch->size++;
    }
}

static uint64_t digest(uint64_t before, int head) {
    uint64_t d = before;
    for (int i = 0; i < out.size; i++) {
        const uint8_t *p = out.packet[i];
        for (int at = 0; at < head; at += 4) {
            d = (d ^ get32(p + at)) * 0x100000001b3u;
        }
        d = (d ^ (uint64_t)out.length[i]) * 0x100000001b3u;
    }
    return d;
}

static int ascending(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* Nanoseconds a packet in the middle one of all batches: what stops this process for a moment does not count. */
static double median(uint32_t *nanos, int count) {
    qsort(nanos, (size_t)count, sizeof *nanos, ascending);
    return count == 0 ? 0 : (double)nanos[count / 2] / BATCH;
}

static struct packets packets;
static uint64_t place;
static int turn;

/* Where upstream is in the stream: half of it apart, so that neither direction finds the other's lines in the cache. */
static uint64_t opposite(void) { return (place + packets.count / 2) % packets.count; }

/* One batch each way; notes the nanoseconds of downstream, upstream and putting in place. */
static void round_trip(uint32_t *down_nanos, uint32_t *up_nanos, uint32_t *placing_nanos) {
    struct batch *down = &down_ring[turn], *up = &up_ring[turn];
    uint64_t t0 = now();
    put_in_place(down, packets.down, DOWN_HEAD, 0, packets.lengths, place);
    uint64_t t1 = now();
    forward_down(down);
    uint64_t t2 = now();
    put_in_place(up, packets.up, UP_HEAD, IPV6, packets.lengths, opposite());
    uint64_t t3 = now();
    forward_up(up);
    uint64_t t4 = now();
    *down_nanos = (uint32_t)(t2 - t1);
    *up_nanos = (uint32_t)(t4 - t3);
    *placing_nanos = (uint32_t)((t1 - t0 + t3 - t2) / 2);
    turn = (turn + 1) % RING;
    place = (place + BATCH) % packets.count;
}

static void run_cell(const char *cell, uint64_t bindings, uint64_t warm_up, uint64_t measure, uint64_t missing) {
    char traffic[32], sizes[32];
    if (sscanf(cell, "%31[^:]:%31s", traffic, sizes) != 2) {
        fprintf(stderr, "minimal-loop: %s is no cell\n", cell);
        exit(2);
    }
    make(&packets, bindings, traffic, sizes, missing);
    uint64_t d[2] = {0xcbf29ce484222325u, 0xcbf29ce484222325u}, forwarded = 0;
    for (place = 0; place < packets.count; place += BATCH) {
        put_in_place(&down_ring[0], packets.down, DOWN_HEAD, 0, packets.lengths, place);
        forward_down(&down_ring[0]);
        d[0] = digest(d[0], IPV6 + IPV4 + 8);
        forwarded += (uint64_t)out.size;
        put_in_place(&up_ring[0], packets.up, UP_HEAD, IPV6, packets.lengths, place);
        forward_up(&up_ring[0]);
        d[1] = digest(d[1], IPV4 + 8);
        forwarded += (uint64_t)out.size;
    }
    place = 0;
    static uint32_t down[MOST_ROUNDS], up[MOST_ROUNDS], placing[MOST_ROUNDS];
    for (uint64_t end = now() + warm_up * 1000000; now() < end;) {
        round_trip(down, up, placing);
    }
    int count = 0;
    for (uint64_t end = now() + measure * 1000000; now() < end && count < MOST_ROUNDS; count++) {
        round_trip(down + count, up + count, placing + count);
    }
    printf("%s %llu %llu %llu %016llx %016llx %.3f %.3f %.3f\n", cell, (unsigned long long)(line_count * sizeof *lines),
           (unsigned long long)(2 * packets.count), (unsigned long long)forwarded, (unsigned long long)d[0],
           (unsigned long long)d[1], median(down, count), median(up, count), median(placing, count));
    fflush(stdout);
    unmake(&packets);
}

int main(int argc, char **argv) {
    if (argc < 6) {
        fprintf(stderr, "usage: minimal-loop BINDINGS WARM_UP_MILLIS MEASURE_MILLIS MISSING CELL...\n");
        return 2;
    }
    uint64_t bindings = strtoull(argv[1], 0, 10);
    put64(brs, BR_HIGH);
    put64(brs + 8, BR_LOW);
    load(bindings);
    for (int i = 0; i < RING; i++) {
        down_ring[i].memory = memory((size_t)BATCH * SLOT);
        up_ring[i].memory = memory((size_t)BATCH * SLOT);
    }
    for (int i = 5; i < argc; i++) {
        run_cell(argv[i], bindings, strtoull(argv[2], 0, 10), strtoull(argv[3], 0, 10), strtoull(argv[4], 0, 10));
    }
    return 0;
}
