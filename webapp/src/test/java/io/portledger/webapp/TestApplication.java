package io.portledger.webapp;

import io.portledger.webapp.cases.CaseDesk;
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

/** The application with a scripted ledger, a data directory of its own, and users whose passwords tests know. */
@TestConfiguration
public class TestApplication {

    /** The user of the first start: has every role but APPROVER. */
    public static final String ASKER = "operator";

    /** May sign in, and nothing else. */
    public static final String BYSTANDER = "bystander";

    /** Has the role NOC alone. */
    public static final String NOC = "nora";

    /** Has a password that somebody else chose. */
    public static final String NEWCOMER = "newcomer";

    public static final String PASSWORD = "only-in-tests";

    @Bean
    @Primary
    ScriptedLedger scriptedLedger() {
        return new ScriptedLedger();
    }

    /** The cases that tests ask in. */
    @Bean
    ApplicationRunner openCases(CaseDesk book) {
        return arguments -> {
            SecurityContextHolder.getContext()
                    .setAuthentication(new TestingAuthenticationToken(ASKER, "", "ROLE_LI_OFFICER"));
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
                [ {"name": "operator", "password": "%1$s", "tokens": [],
                   "roles": ["ADMIN", "LI_OFFICER", "ANALYST", "NOC", "AUDITOR"]},
                  {"name": "nora", "password": "%1$s", "roles": ["NOC"], "tokens": []},
                  {"name": "newcomer", "password": "%1$s", "mustChangePassword": true, "roles": ["ANALYST"], "tokens": []},
                  {"name": "bystander", "password": "%1$s", "roles": [], "tokens": []} ]
                """.formatted(hash));
        return registry -> registry.add("portledger.data-directory", directory::toString);
    }
}
