package io.portledger.lwaftr.radius;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** A FreeRADIUS server of a test, with its own directory, ended by its process. */
final class FreeRadius implements AutoCloseable {

    static final String SECRET = "testing123";

    /** What FreeRADIUS 3.2 does not know by itself of RFC 8658. */
    private static final String DICTIONARY = """
            $INCLUDE /usr/share/freeradius/dictionary
            ATTRIBUTE Softwire46-Configuration 241.9        tlv
            ATTRIBUTE Softwire46-Priority      241.10       tlv
            ATTRIBUTE Softwire46-Lw4o6         241.9.3      tlv
            ATTRIBUTE S46-Lw-BR                241.9.3.6    ipv6addr
            ATTRIBUTE S46-Lw-V4V6Bind          241.9.3.8    octets
            ATTRIBUTE S46-Lw-PortParams        241.9.3.9    tlv
            ATTRIBUTE S46-Lw-PSID-Offset       241.9.3.9.15 integer
            ATTRIBUTE S46-Lw-PSID-Len          241.9.3.9.16 integer
            ATTRIBUTE S46-Lw-PSID              241.9.3.9.17 integer
            ATTRIBUTE S46-Option-Code          241.10.18    integer
            """;

    /** The policy adds the Message-Authenticator that this version does not add to an Accept by itself. */
    private static final String CONFIGURATION = """
            prefix = /usr
            raddbdir = DIRECTORY
            logdir = ${raddbdir}/log
            radacctdir = ${raddbdir}/log
            run_dir = ${raddbdir}
            libdir = /usr/lib/freeradius
            pidfile = ${run_dir}/radiusd.pid
            log {
            	destination = files
            	file = ${logdir}/radius.log
            }
            security {
            	max_attributes = 200
            	reject_delay = 0
            	status_server = yes
            }
            client loopback {
            	ipaddr = 127.0.0.0/8
            	secret = testing123
            	require_message_authenticator = yes
            }
            modules {
            	pap {
            	}
            	files {
            		usersfile = ${raddbdir}/users
            	}
            	detail {
            		filename = ${radacctdir}/detail
            	}
            }
            server default {
            	listen {
            		type = auth
            		ipaddr = 127.0.0.1
            		port = AUTH_PORT
            	}
            	listen {
            		type = acct
            		ipaddr = 127.0.0.1
            		port = ACCT_PORT
            	}
            	authorize {
            		files
            		pap
            	}
            	authenticate {
            		Auth-Type PAP {
            			pap
            		}
            	}
            	post-auth {
            		REPLY_POLICY
            		Post-Auth-Type REJECT {
            			REPLY_POLICY
            		}
            	}
            	accounting {
            		detail
            	}
            }
            """;

    private static final String MESSAGE_AUTHENTICATOR = """
            update reply {
            			Message-Authenticator := 0x00
            		}""";

    final Path directory;
    final int authPort;
    final int acctPort;
    private Process process;

    private FreeRadius(Path directory, int authPort, int acctPort) throws IOException {
        this.directory = directory;
        this.authPort = authPort;
        this.acctPort = acctPort;
        process = run();
    }

    /** @param users the file of users */
    static FreeRadius start(Path directory, String users) throws IOException {
        return start(directory, users, true);
    }

    static FreeRadius start(Path directory, String users, boolean sendsMessageAuthenticator) throws IOException {
        int authPort = Ports.free();
        int acctPort = Ports.free();
        Files.createDirectories(directory.resolve("log"));
        Files.writeString(directory.resolve("dictionary"), DICTIONARY);
        Files.writeString(directory.resolve("users"), users);
        Files.writeString(
                directory.resolve("radiusd.conf"),
                CONFIGURATION
                        .replace("DIRECTORY", directory.toString())
                        .replace("AUTH_PORT", Integer.toString(authPort))
                        .replace("ACCT_PORT", Integer.toString(acctPort))
                        .replace("REPLY_POLICY", sendsMessageAuthenticator ? MESSAGE_AUTHENTICATOR : ""));
        return new FreeRadius(directory, authPort, acctPort);
    }

    private Process run() throws IOException {
        Process started;
        try {
            started = new ProcessBuilder("freeradius", "-d", directory.toString(), "-f")
                    .redirectErrorStream(true)
                    .redirectOutput(directory.resolve("output").toFile())
                    .start();
        } catch (IOException e) {
            throw new AssertionError("freeradius cannot be started: install the Debian package freeradius", e);
        }
        await().atMost(Duration.ofSeconds(60)).until(() -> {
            if (!started.isAlive()) {
                throw new AssertionError(
                        "FreeRADIUS ended: " + Files.readString(directory.resolve("output")) + logged());
            }
            return Ports.isBound(authPort) && Ports.isBound(acctPort);
        });
        return started;
    }

    /** Ends it without a word, as a failure of its machine would. */
    void kill() throws InterruptedException {
        process.destroyForcibly();
        process.waitFor();
    }

    void restart() throws IOException {
        process = run();
    }

    /** The accounting records that it wrote: each its attributes, as "Name = value". */
    List<List<String>> accounting() throws IOException {
        Path detail = directory.resolve("log/detail");
        List<List<String>> records = new ArrayList<>();
        if (Files.exists(detail)) {
            for (String record : Files.readString(detail).split("\n\n", -1)) {
                List<String> lines = record.lines()
                        .filter(line -> line.startsWith("\t"))
                        .map(String::strip)
                        .toList();
                if (!lines.isEmpty()) {
                    records.add(lines);
                }
            }
        }
        return records;
    }

    /** The accounting records with this status, such as Start, once there is one. */
    List<List<String>> awaitAccounting(String status, Predicate<List<String>> condition) {
        List<List<String>> found = new ArrayList<>();
        await().atMost(Duration.ofSeconds(60)).until(() -> {
            found.clear();
            for (List<String> record : accounting()) {
                if (record.contains("Acct-Status-Type = " + status) && condition.test(record)) {
                    found.add(record);
                }
            }
            return !found.isEmpty();
        });
        return found;
    }

    private String logged() throws IOException {
        Path log = directory.resolve("log/radius.log");
        return Files.exists(log) ? Files.readString(log) : "";
    }

    /** What radclient says about a request that it sent, with its answer. */
    String radclient(String attributes, int port, String command, String secret)
            throws IOException, InterruptedException {
        Path file = Files.writeString(Files.createTempFile(directory, "request", ".txt"), attributes + "\n");
        Process client = new ProcessBuilder(
                        "radclient",
                        "-D",
                        directory.toString(),
                        "-f",
                        file.toString(),
                        "-x",
                        "-r",
                        "1",
                        "-t",
                        "3",
                        "127.0.0.1:" + port,
                        command,
                        secret)
                .redirectErrorStream(true)
                .start();
        String said = new String(client.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!client.waitFor(60, TimeUnit.SECONDS)) {
            client.destroyForcibly();
        }
        return said;
    }

    /** A file with a secret, as the settings want it. */
    static Path secretFile(Path directory, String secret) throws IOException {
        Path file = directory.resolve("secret-" + secret);
        Files.writeString(file, secret + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        return file;
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
