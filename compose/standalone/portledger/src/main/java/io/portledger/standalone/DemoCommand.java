package io.portledger.standalone;

import io.portledger.softwire.Ipv6Address;
import io.portledger.standalone.HoldersClient.QuestionException;
import io.portledger.standalone.TruthQuestions.Question;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

/** Everything on this machine with an lwAFTR and subscribers, and answers that are checked against what they know. */
@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Start everything on this machine with an lwAFTR and simulated subscribers that come and go; ask who held a"
                    + " port, and check the answer against what the subscribers know. Runs until Ctrl-C.",
            "The demo has a data directory of its own, which it empties at each start."
        },
        exitCodeListHeading = "%nExit code:%n",
        exitCodeList = {"0:no answer was wrong", "1:an answer was wrong, or something did not start", "2:wrong options"
        })
final class DemoCommand implements Callable<Integer> {

    private static final Duration CATCH_UP = Duration.ofMinutes(2);
    private static final Duration STATUS_EVERY = Duration.ofSeconds(10);
    /** For how long the first answer waits for the collector's mark to pass it. */
    private static final Duration COMPLETE = Duration.ofSeconds(60);
    /** Records need a moment from the lwAFTR to the ledger; nobody asks that soon. */
    private static final Duration ARRIVAL = Duration.ofSeconds(10);

    private static final int QUESTIONS_PER_STATUS = 20;
    private static final String CASE = "demo";

    @Spec
    private CommandSpec command;

    @Option(names = "--check", description = "Ask random questions, print \"N right, M wrong\" last, and end.")
    private boolean isCheck;

    @Option(
            names = "--lookups",
            paramLabel = "N",
            defaultValue = "1000",
            description = "With --check: how many questions. Default: ${DEFAULT-VALUE}.")
    private int lookups;

    @Option(
            names = "--clients",
            paramLabel = "N",
            defaultValue = "1000",
            description = "Subscribers, 2 to 20000. Default: ${DEFAULT-VALUE}.")
    private int clients;

    @Option(
            names = "--rate",
            paramLabel = "N",
            defaultValue = "20",
            description = "Subscribers that obtain a binding each second. Default: ${DEFAULT-VALUE}.")
    private double rate;

    @Option(
            names = "--mean-hold",
            paramLabel = "SECONDS",
            defaultValue = "20",
            description = "How long they keep it on average. Default: ${DEFAULT-VALUE}.")
    private double meanHoldSeconds;

    @Option(
            names = "--duration",
            paramLabel = "SECONDS",
            description = "How long subscribers come and go. Default: until Ctrl-C; with --check 30.")
    private @Nullable Long durationSeconds;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description = "The same seed plans the same. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Mixin
    private StandaloneOptions options;

    private final SplittableRandom random = new SplittableRandom();
    private int right;
    private int wrong;

    @Override
    public Integer call() throws StartException, InterruptedException {
        if (lookups < 1) {
            throw new ParameterException(
                    command.commandLine(),
                    "Invalid value " + lookups + " for --lookups: too few (allowed: 1 and more)");
        }
        DemoNetwork.Size size;
        try {
            size = new DemoNetwork.Size(clients, rate, Duration.ofMillis((long) (meanHoldSeconds * 1000)), seed);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command.commandLine(), String.valueOf(e.getMessage()), e);
        }
        StandaloneSettings settings = options.settings();
        InetSocketAddress pcp = new InetSocketAddress(
                InetAddress.ofLiteral("::1"), settings.ports().of(Service.PCP));
        settings.ports().requireFree(EnumSet.of(Service.PCP), pcp.getAddress());
        Path directory = options.dataDirectory("demo").toAbsolutePath();
        try (Interruption _ = Interruption.onSignal()) {
            DataDirectory.empty(directory, "demo");
            try (Standalone standalone = Standalone.start(directory, settings, this::tell)) {
                standalone.startLwaftr(DemoNetwork.lwaftrSettings(
                        size, pcp.getPort(), address(standalone.ipfix()), address(standalone.syslog())));
                try (DemoNetwork network = DemoNetwork.start(size, pcp);
                        HoldersClient client = new HoldersClient(standalone.web(), token(standalone))) {
                    client.openOwnCase(CASE);
                    firstAnswer(standalone, network, client);
                    if (isCheck) {
                        check(network, client);
                    } else {
                        watch(standalone, network, client);
                    }
                    return wrong == 0 ? 0 : Portledger.FAILED;
                } catch (QuestionException e) {
                    throw new StartException(String.valueOf(e.getMessage()), e);
                }
            }
        } catch (InterruptedException e) {
            // Ctrl-C is how a demo ends.
            return isCheck || wrong > 0 ? Portledger.FAILED : 0;
        }
    }

    private static String token(Standalone standalone) throws StartException {
        try {
            return standalone.operatorToken();
        } catch (IOException e) {
            throw new StartException("The web application has not written its API token: " + e, e);
        }
    }

    private static String address(InetSocketAddress address) {
        InetAddress host =
                address.getAddress().isAnyLocalAddress() ? InetAddress.getLoopbackAddress() : address.getAddress();
        String text = host.getHostAddress();
        return (text.contains(":") ? "[" + text + "]" : text) + ":" + address.getPort();
    }

    private void firstAnswer(Standalone standalone, DemoNetwork network, HoldersClient client)
            throws QuestionException, StartException, InterruptedException {
        long deadline = System.nanoTime() + CATCH_UP.toNanos();
        // One question, asked until its records have arrived, and it is known that they all have; a newer one would
        // always be just too new. If something is missing for good, the answer says so, and is shown all the same.
        long completeUntil = System.nanoTime() + COMPLETE.toNanos();
        @Nullable Question question = null;
        while (System.nanoTime() < deadline) {
            question = question == null ? someHolding(network) : question;
            if (question != null) {
                JsonNode answer = ask(client, question);
                boolean isComplete = answer.path("complete").asBoolean(false);
                if (isRight(question, answer) && (isComplete || System.nanoTime() > completeUntil)) {
                    welcome(standalone, question, answer);
                    return;
                }
            }
            TimeUnit.MILLISECONDS.sleep(200);
        }
        throw new StartException("No binding has reached the ledger within " + CATCH_UP.toSeconds()
                + " s. See the logs in " + standalone.dataDirectory().resolve("logs") + ".");
    }

    /** Who holds a port now, if anybody is known to. */
    private static @Nullable Question someHolding(DemoNetwork network) {
        Instant settled = network.settledBefore();
        if (settled == null) {
            return null;
        }
        TruthQuestions questions;
        try {
            questions = new TruthQuestions(network.truths(), settled, new SplittableRandom());
        } catch (IllegalArgumentException e) {
            return null;
        }
        return questions.newest().stream()
                .filter(question -> question.isCertain() && !question.possible().isEmpty())
                .findFirst()
                .orElse(null);
    }

    private void welcome(Standalone standalone, Question question, JsonNode answer) {
        Duration sinceStart = Duration.between(
                Instant.ofEpochMilli(ManagementFactory.getRuntimeMXBean().getStartTime()), Instant.now());
        tell("");
        tell("First answer %.1f s after the command:".formatted(sinceStart.toMillis() / 1000.0));
        tell("");
        // The directory is named, for another portledger may run on this machine as well.
        tell("  ./portledger who --data " + standalone.dataDirectory() + " " + question.ipv4() + ":" + question.port()
                + " " + question.at());
        tell("");
        AnswerText.of(answer).lines().forEach(line -> tell("  " + line));
        tell("");
        tell("  The subscribers themselves say: " + question.expectation() + ". The answer is right.");
        Welcome.lines(standalone).forEach(this::tell);
        tell("The answer       " + standalone.web() + "/?ip=" + question.ipv4() + "&port=" + question.port() + "&time="
                + URLEncoder.encode(question.at().toString(), StandardCharsets.UTF_8) + "&case=" + CASE);
        tell("");
    }

    private void check(DemoNetwork network, HoldersClient client)
            throws QuestionException, StartException, InterruptedException {
        long seconds = durationSeconds == null ? 30 : durationSeconds;
        tell("Subscribers come and go for " + seconds + " s.");
        TimeUnit.SECONDS.sleep(seconds);
        Instant latest = network.pause();
        TruthQuestions questions = new TruthQuestions(network.truths(), latest, random);
        awaitRecords(questions, client);
        tell("Asking " + lookups + " questions about " + network.bindingsSoFar() + " bindings.");
        for (int i = 0; i < lookups; i++) {
            judge(client, questions.next());
        }
        tell(right + " right, " + wrong + " wrong");
    }

    /** Waits until the newest records have arrived; not a single question of the check is asked before. */
    private void awaitRecords(TruthQuestions questions, HoldersClient client)
            throws QuestionException, StartException, InterruptedException {
        List<Question> missing = new ArrayList<>(questions.newest());
        long deadline = System.nanoTime() + CATCH_UP.toNanos();
        while (true) {
            for (Question question : List.copyOf(missing)) {
                if (isRight(question, ask(client, question))) {
                    missing.remove(question);
                }
            }
            if (missing.isEmpty()) {
                return;
            }
            if (System.nanoTime() > deadline) {
                Question question = missing.getFirst();
                throw new StartException("The newest records have not reached the ledger within " + CATCH_UP.toSeconds()
                        + " s: " + question.ipv4() + ":" + question.port() + " at " + question.at()
                        + " is not yet answered with " + question.expectation() + ".");
            }
            TimeUnit.MILLISECONDS.sleep(200);
        }
    }

    private void watch(Standalone standalone, DemoNetwork network, HoldersClient client)
            throws QuestionException, InterruptedException {
        tell("Ctrl-C stops it. Meanwhile, every %d s some random questions are asked and checked:"
                .formatted(STATUS_EVERY.toSeconds()));
        long end = durationSeconds == null
                ? Long.MAX_VALUE
                : System.nanoTime() + TimeUnit.SECONDS.toNanos(durationSeconds);
        while (System.nanoTime() < end) {
            Instant settled = null;
            for (long until = System.nanoTime() + STATUS_EVERY.toNanos(); System.nanoTime() < until; ) {
                settled = network.settledBefore();
                TimeUnit.MILLISECONDS.sleep(100);
            }
            if (settled != null && !settled.minus(ARRIVAL).isBefore(Instant.EPOCH)) {
                askSome(network, client, settled.minus(ARRIVAL));
            }
            tell("%s  %d lwB4s have a binding, %d bindings so far; %d questions, %d answered wrong; %.1f GB resident"
                    .formatted(
                            Instant.now().truncatedTo(ChronoUnit.SECONDS),
                            network.bindingsNow(),
                            network.bindingsSoFar(),
                            right + wrong,
                            wrong,
                            standalone.residentBytes() / 1e9));
        }
    }

    private void askSome(DemoNetwork network, HoldersClient client, Instant latest)
            throws QuestionException, InterruptedException {
        TruthQuestions questions;
        try {
            questions = new TruthQuestions(network.truths(), latest, random);
        } catch (IllegalArgumentException e) {
            return;
        }
        for (int i = 0; i < QUESTIONS_PER_STATUS; i++) {
            judge(client, questions.next());
        }
    }

    private void judge(HoldersClient client, Question question) throws QuestionException, InterruptedException {
        JsonNode answer = ask(client, question);
        if (isRight(question, answer)) {
            right++;
        } else {
            wrong++;
            tell("WRONG  " + question.ipv4() + ":" + question.port() + " at " + question.at() + ": expected "
                    + question.expectation() + ", answered:");
            AnswerText.of(answer).lines().forEach(line -> tell("  " + line));
        }
    }

    private static JsonNode ask(HoldersClient client, Question question)
            throws QuestionException, InterruptedException {
        return client.ask(
                question.ipv4().toString(),
                Integer.toString(question.port()),
                question.at().toString(),
                "0s",
                CASE);
    }

    private static boolean isRight(Question question, JsonNode answer) {
        List<Ipv6Address> holders = new ArrayList<>();
        for (JsonNode holder : answer.path("holders")) {
            holders.add(Ipv6Address.parse(holder.path("b4").asString("::")));
        }
        return question.isRight(answer.path("verdict").asString(""), holders);
    }

    private void tell(String line) {
        PrintWriter out = command.commandLine().getOut();
        out.println(line);
        out.flush();
    }
}
