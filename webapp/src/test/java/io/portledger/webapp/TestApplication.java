package io.portledger.webapp;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Primary;
import org.springframework.security.crypto.bcrypt.BCryptPasswordEncoder;
import org.springframework.test.context.DynamicPropertyRegistrar;

/** The application with a scripted ledger, a data directory of its own, and two users whose passwords tests know. */
@TestConfiguration
public class TestApplication {

    /** May ask. */
    public static final String ASKER = "operator";

    /** May sign in, but not ask. */
    public static final String BYSTANDER = "bystander";

    public static final String PASSWORD = "only-in-tests";

    @Bean
    @Primary
    ScriptedLedger scriptedLedger() {
        return new ScriptedLedger();
    }

    @Bean
    DynamicPropertyRegistrar ownDataDirectory() throws IOException {
        Path directory = Files.createTempDirectory(Files.createDirectories(Path.of("target/data")), "webapp");
        String hash = "{bcrypt}" + new BCryptPasswordEncoder(4).encode(PASSWORD);
        Files.writeString(directory.resolve("users.json"), """
                [ {"name": "operator", "password": "%1$s", "roles": ["LOOKUP"], "tokens": []},
                  {"name": "bystander", "password": "%1$s", "roles": [], "tokens": []} ]
                """.formatted(hash));
        return registry -> registry.add("portledger.data-directory", directory::toString);
    }
}
