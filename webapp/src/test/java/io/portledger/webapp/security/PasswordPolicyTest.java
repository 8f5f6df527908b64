package io.portledger.webapp.security;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PasswordPolicyTest {

    @ParameterizedTest
    @CsvSource({
        "elevenchars, too short",
        "kettle-agnes-9, must not contain the user's name",
        "kettle-AGNES-9, must not contain the user's name",
        "password12345, tried first",
        "PasswordPassword, tried first",
        "123456789012, tried first",
        "aaaabbbbaaaa, tried first",
        "Administrator-2026, tried first",
        "qwertyuiop!2345, tried first"
    })
    void aWeakPasswordIsRefusedWithItsReason(String password, String why) {
        assertThat(PasswordPolicy.problem("agnes", password)).contains(why);
    }

    @ParameterizedTest
    @ValueSource(strings = {"twelve-chars", "kettle moss orbit", "pässwörter sind lang", "7Rk2mQ9xPt4w"})
    void anyOtherLongOneIsGoodWhateverItsKindsOfCharacters(String password) {
        assertThat(PasswordPolicy.problem("agnes", password)).isNull();
    }

    @Test
    void whatTheHashWouldNotLookAtIsRefused() {
        String words = "kettle moss ".repeat(6);
        assertThat(words).hasSize(72);
        assertThat(PasswordPolicy.problem("agnes", words)).isNull();
        assertThat(PasswordPolicy.problem("agnes", words + "x")).contains("at most 72 bytes");
    }

    @Test
    void generatedPasswordsAreGood() {
        for (int i = 0; i < 100; i++) {
            assertThat(PasswordPolicy.problem("agnes", Secrets.password())).isNull();
        }
    }
}
