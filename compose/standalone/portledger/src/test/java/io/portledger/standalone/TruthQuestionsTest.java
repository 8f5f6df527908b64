package io.portledger.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.standalone.TruthQuestions.Question;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TruthQuestionsTest {

    @ParameterizedTest(name = "{index}: possible {0}, certain {1}, answered {2} {3}: right {4}")
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "-            | true  | NOT_HELD  | -           | true",
                "-            | true  | HELD      | 2001:db8::1 | false",
                "-            | true  | AMBIGUOUS | 2001:db8::1 | false",
                "2001:db8::1  | true  | HELD      | 2001:db8::1 | true",
                "2001:db8::1  | true  | HELD      | 2001:db8::2 | false",
                "2001:db8::1  | true  | NOT_HELD  | -           | false",
                "2001:db8::1  | true  | AMBIGUOUS | 2001:db8::1 | false",
                "2001:db8::1  | true  | AMBIGUOUS | 2001:db8::1 2001:db8::2 | false",
                "2001:db8::1  | false | HELD      | 2001:db8::1 | true",
                "2001:db8::1  | false | NOT_HELD  | -           | true",
                "2001:db8::1  | false | HELD      | 2001:db8::2 | false",
                "2001:db8::1  | false | NOT_HELD  | 2001:db8::1 | false",
                "2001:db8::1 2001:db8::2 | false | HELD | 2001:db8::2 | true",
                "2001:db8::1 2001:db8::2 | false | HELD | 2001:db8::3 | false",
            })
    void answerIsRightOnlyIfTheFleetCanAgree(
            @Nullable String possible, boolean isCertain, String verdict, @Nullable String holders, boolean isRight) {
        Question question =
                new Question(Ipv4Address.parse("203.0.113.7"), 40123, Instant.EPOCH, addresses(possible), isCertain);
        assertThat(question.isRight(verdict, addresses(holders))).isEqualTo(isRight);
    }

    private static List<Ipv6Address> addresses(@Nullable String text) {
        return text == null
                ? List.of()
                : Arrays.stream(text.split(" ", -1)).map(Ipv6Address::parse).toList();
    }
}
