package io.portledger.collector;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.nio.file.Path;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** TLS of the listeners' side of connections. */
final class TlsServer {

    private final SslContext context;

    /** @throws CollectorException if the files are not there, or not what they should be */
    TlsServer(TlsSettings settings) {
        Path certificate = required("certificate", settings.certificate());
        Path key = required("key", settings.key());
        boolean asksForCertificates = settings.clientAuthentication() == TlsSettings.ClientAuthentication.REQUIRED;
        try {
            SslContextBuilder builder = SslContextBuilder.forServer(certificate.toFile(), key.toFile())
                    .sslProvider(SslProvider.JDK)
                    .protocols("TLSv1.3", "TLSv1.2");
            if (asksForCertificates) {
                builder.trustManager(required("trusted", settings.trusted()).toFile())
                        .clientAuth(ClientAuth.REQUIRE);
            }
            context = builder.build();
        } catch (IllegalArgumentException | SSLException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new CollectorException(
                    "collector.tls: " + e.getMessage() + ": " + cause.getMessage()
                            + "; expected PEM files: certificates in certificate and trusted, a key in PKCS #8 without a"
                            + " password in key",
                    e);
        }
    }

    private static Path required(String key, @Nullable Path file) {
        if (file == null) {
            throw new CollectorException("collector.tls." + key + " is not set; name a PEM file");
        }
        return file;
    }

    /** Puts TLS in front of what the pipeline of a new connection is to have. */
    void protect(SocketChannel channel) {
        ChannelPipeline pipeline = channel.pipeline();
        pipeline.addLast(context.newHandler(channel.alloc())).addLast(new Failures());
    }

    /** A failure of TLS is one of the connection, not of the handlers behind it. */
    private static final class Failures extends ChannelInboundHandlerAdapter {
        @Override
        public void exceptionCaught(ChannelHandlerContext channel, Throwable cause) {
            channel.fireExceptionCaught(
                    cause instanceof DecoderException && cause.getCause() instanceof SSLException failure
                            ? failure
                            : cause);
        }
    }
}
