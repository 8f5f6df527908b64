package io.portledger.lab;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A file by TCP from one machine to another and back, by the kernels' own TCP, and its checksum at the other end. */
final class Transfer {

    private static final int MILLIS = 30_000;

    private Transfer() {}

    /** Sends octets there; the other end answers with their checksum, and the octets in reverse order. */
    static void thereAndBack(Namespace client, String address, int port, Namespace server, int serverPort, int octets)
            throws Exception {
        byte[] file = new byte[octets];
        new Random(octets).nextBytes(file);
        ServerSocket listener = server.call(() -> {
                    ServerSocket socket = new ServerSocket();
                    socket.bind(new InetSocketAddress("0.0.0.0", serverPort));
                    socket.setSoTimeout(MILLIS);
                    return socket;
                })
                .get();
        try (listener) {
            CompletableFuture<String> received = server.call(() -> serve(listener, octets));
            byte[] back = client.call(() -> exchange(address, port, file)).get(MILLIS, TimeUnit.MILLISECONDS);
            require(received.get(MILLIS, TimeUnit.MILLISECONDS), checksum(file), "there");
            require(checksum(back), checksum(reversed(file)), "back");
        }
    }

    private static void require(String actual, String expected, String way) {
        if (!actual.equals(expected)) {
            throw new AssertionError("the file changed on its way " + way + ": " + actual + " instead of " + expected);
        }
    }

    private static String serve(ServerSocket listener, int octets) throws IOException {
        try (Socket socket = listener.accept()) {
            socket.setSoTimeout(MILLIS);
            byte[] file = read(socket.getInputStream(), octets);
            socket.getOutputStream().write(reversed(file));
            socket.shutdownOutput();
            return checksum(file);
        }
    }

    private static byte[] exchange(String address, int port, byte[] file) throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(address, port), MILLIS);
            socket.setSoTimeout(MILLIS);
            OutputStream out = socket.getOutputStream();
            out.write(file);
            out.flush();
            return read(socket.getInputStream(), file.length);
        }
    }

    private static byte[] read(InputStream in, int octets) throws IOException {
        byte[] file = in.readNBytes(octets);
        if (file.length != octets) {
            throw new IOException("only " + file.length + " of " + octets + " octets came");
        }
        return file;
    }

    private static byte[] reversed(byte[] octets) {
        byte[] reversed = new byte[octets.length];
        for (int i = 0; i < octets.length; i++) {
            reversed[i] = octets[octets.length - 1 - i];
        }
        return reversed;
    }

    private static String checksum(byte[] octets) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(octets));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
