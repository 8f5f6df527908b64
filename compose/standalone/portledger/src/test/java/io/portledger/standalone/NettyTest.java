package io.portledger.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.epoll.Epoll;
import io.netty.channel.unix.Errors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class NettyTest {

    @Test
    @EnabledOnOs(OS.LINUX)
    void nativeLibraryKnowsWhatTheClassesAskItFor() {
        assertThat(Epoll.isAvailable()).isTrue();
        // Asks the library for every error number; the first read that finds nothing does the same.
        assertThat(Errors.ERRNO_EAGAIN_NEGATIVE).isNegative();
    }
}
