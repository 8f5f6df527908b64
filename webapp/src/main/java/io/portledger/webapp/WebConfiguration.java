package io.portledger.webapp;

import io.portledger.ledger.ClosedIndices;
import io.portledger.ledger.Ledger;
import io.portledger.ledger.Retention;
import io.portledger.ledger.Statistics;
import io.portledger.webapp.audit.AuditLog;
import io.portledger.webapp.lookup.LedgerAccess;
import io.portledger.webapp.store.Database;
import java.io.IOException;
import java.time.Clock;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.scheduling.annotation.EnableScheduling;

/** What the application is made of besides its own services. */
@Configuration
@EnableScheduling
class WebConfiguration {

    @Bean
    Clock clock() {
        return Clock.systemUTC();
    }

    @Bean
    DataDirectory dataDirectory(WebSettings settings) throws IOException {
        return DataDirectory.open(settings.dataDirectory());
    }

    @Bean
    AuditLog auditLog(DataDirectory directory, Clock clock) throws IOException {
        return AuditLog.open(directory.file("audit.jsonl"), clock);
    }

    @Bean
    Database database(DataDirectory directory) throws IOException {
        return Database.open(directory.file("records.sqlite"));
    }

    /** Does not connect before the first question, so that the application starts whether or not there is a store. */
    @Bean
    Ledger ledger(WebSettings settings) {
        return Ledger.connect(settings.elasticsearch());
    }

    @Bean
    Retention retention(WebSettings settings) {
        return Retention.connect(settings.elasticsearch());
    }

    @Bean
    ClosedIndices closedIndices(WebSettings settings) {
        return ClosedIndices.connect(settings.elasticsearch());
    }

    @Bean
    Statistics statistics(WebSettings settings) {
        return Statistics.connect(settings.elasticsearch());
    }

    @Bean
    LedgerAccess ledgerAccess(Ledger ledger) {
        return question -> ledger.whoHeld(question);
    }
}
