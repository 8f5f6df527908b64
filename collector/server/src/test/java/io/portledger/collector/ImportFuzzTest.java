package io.portledger.collector;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.collector.capture.Frames;
import io.portledger.packet.CaptureWriter;
import io.portledger.packet.LinkType;
import io.portledger.testing.Fuzzing;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * Fuzzing of the readers of captures. What a fuzzer found worth keeping is replayed each time; with {@code
 * -Dfuzz.seconds=600} a fuzzer looks for more and adds it to the file:
 *
 * <pre>./portledger test -pl collector/server -am -Dtest=ImportFuzzTest -Dsurefire.failIfNoSpecifiedTests=false
 *     -Dfuzz.seconds=600</pre>
 */
class ImportFuzzTest {

    private static final InetSocketAddress NAT = new InetSocketAddress("192.0.2.1", 40_000);
    private static final InetSocketAddress COLLECTOR = new InetSocketAddress("192.0.2.2", 4739);
    private static final InetSocketAddress NAT6 = new InetSocketAddress("2001:db8::1", 40_000);
    private static final InetSocketAddress COLLECTOR6 = new InetSocketAddress("2001:db8::2", 4739);

    @Test
    void whatAFuzzerFoundIsStillReadOrRefused() throws Exception {
        for (byte[] input : fuzzing().inputs()) {
            ImportFuzz.fuzzerTestOneInput(input);
        }
    }

    @Test
    void damagedCapturesAreReadOrRefused() throws Exception {
        SplittableRandom random = new SplittableRandom(1);
        for (byte[] seed : seeds()) {
            for (int i = 0; i < 2_000; i++) {
                byte[] damaged = seed.clone();
                for (int faults = random.nextInt(1, 6); faults > 0; faults--) {
                    damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
                }
                ImportFuzz.fuzzerTestOneInput(
                        random.nextInt(4) > 0 ? damaged : Arrays.copyOf(damaged, random.nextInt(damaged.length)));
            }
        }
        assertThat(seeds()).hasSizeGreaterThan(10);
    }

    @Test
    @EnabledIfSystemProperty(named = "fuzz.seconds", matches = "\\d+")
    void aFuzzerFindsNothingWrong(@TempDir Path directory) throws Exception {
        fuzzing().lookForMore(directory);
    }

    private static Fuzzing fuzzing() throws IOException {
        return new Fuzzing(ImportFuzz.class, Path.of("src/test/resources/fuzz/captures.hex"), 2_000, seeds());
    }

    /** A capture of each link type, with whole packets, fragments and segments of both versions. */
    private static List<byte[]> seeds() throws IOException {
        List<byte[]> seeds = new ArrayList<>();
        byte[] payload = "hello, collector".getBytes(UTF_8);
        for (LinkType linkType : LinkType.values()) {
            byte[] udp = Frames.udp(NAT, COLLECTOR, payload);
            byte[] udp6 = Frames.udp(NAT6, COLLECTOR6, payload);
            seeds.add(capture(linkType, udp, udp6));
            seeds.add(capture(
                    linkType,
                    Frames.fragment(udp, 8, 24),
                    Frames.fragment(udp, 0, 8),
                    Frames.fragment(udp6, 0, 16),
                    Frames.fragment(udp6, 16, 24)));
            seeds.add(capture(
                    linkType,
                    Frames.tcp(NAT, COLLECTOR, 0, 2, new byte[0]),
                    Frames.tcp(NAT, COLLECTOR, 17, 0, payload),
                    Frames.tcp(NAT, COLLECTOR, 1, 1, payload),
                    Frames.sctp(NAT6, COLLECTOR6, 3, payload)));
        }
        return seeds;
    }

    private static byte[] capture(LinkType linkType, byte[]... packets) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (CaptureWriter writer = new CaptureWriter(out, linkType)) {
            for (byte[] packet : packets) {
                writer.write(Instant.EPOCH, Frames.of(linkType, packet));
            }
        }
        return out.toByteArray();
    }
}
