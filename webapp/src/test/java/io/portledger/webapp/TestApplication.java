package io.portledger.webapp;

import io.portledger.webapp.cases.CaseBook;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Primary;
import org.springframework.security.authentication.TestingAuthenticationToken;
import org.springframework.security.core.context.SecurityContextHolder;
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

    /** The cases that tests ask in. */
    @Bean
    ApplicationRunner openCases(CaseBook book) {
        return arguments -> {
            SecurityContextHolder.getContext()
                    .setAuthentication(new TestingAuthenticationToken(ASKER, "", "ROLE_LOOKUP"));
            try {
                List.of("C-1", "C-9", "C-77", "C-78", "C-2026-117")
                        .forEach(reference -> book.open(Samples.wideCase(reference)));
            } finally {
                SecurityContextHolder.clearContext();
            }
        };
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
