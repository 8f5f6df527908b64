package io.portledger.webapp;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.webapp.WebSettings.Periods;
import io.portledger.webapp.security.Role;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.test.context.ConfigDataApplicationContextInitializer;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

class WebSettingsTest {

    /** With the application's own {@code application.yaml}. */
    private final ApplicationContextRunner application = new ApplicationContextRunner()
            .withInitializer(new ConfigDataApplicationContextInitializer())
            .withUserConfiguration(Settings.class);

    @EnableConfigurationProperties(WebSettings.class)
    static class Settings {}

    @Test
    void everythingIsKeptForEverUnlessAPeriodIsSet() {
        application.run(context -> assertThat(context.getBean(WebSettings.class).retention())
                .isEqualTo(new Periods(null, null, null, null)));
    }

    @Test
    void aPeriodIsThatOfItsKindAlone() {
        application
                .withPropertyValues("portledger.retention.sessions=180d")
                .run(context -> assertThat(context.getBean(WebSettings.class).retention())
                        .isEqualTo(new Periods(null, Duration.ofDays(180), null, null)));
    }

    @Test
    void aRoleThatIsNoneIsNoSilentEndOfFourEyes() {
        application
                .withPropertyValues("portledger.cases.four-eyes=LI_OFFICER")
                .run(context -> assertThat(
                                context.getBean(WebSettings.class).cases().fourEyes())
                        .containsExactly(Role.LI_OFFICER));
        application
                .withPropertyValues("portledger.cases.four-eyes=LI_OFICER")
                .run(context -> assertThat(context).hasFailed());
    }
}
