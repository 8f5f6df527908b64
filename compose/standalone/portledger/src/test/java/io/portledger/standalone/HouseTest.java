package io.portledger.standalone;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The direction of the arrows in {@code docs/architecture.md}, over the classes of every module as the build made them. */
class HouseTest {

    /**
     * A module and the others of which it may know.
     *
     * @param folder where it is
     * @param root its package below {@code io.portledger}
     * @param mayUse the packages of others
     */
    record Room(String folder, String root, List<String> mayUse) {

        static Room of(String folder, String root, String... mayUse) {
            return new Room(folder, root, List.of(mayUse));
        }

        String packages() {
            return "io.portledger." + root + "..";
        }

        @Override
        public String toString() {
            return folder;
        }
    }

    private static final List<Room> HOUSE = List.of(
            Room.of("dataplane/softwire", "softwire"),
            Room.of("dataplane/settings", "settings", "softwire"),
            Room.of("dataplane/ipfix", "ipfix"),
            Room.of("dataplane/syslog", "syslog"),
            Room.of("dataplane/pcp", "pcp", "softwire"),
            Room.of("dataplane/dhcp", "dhcp", "softwire"),
            Room.of("dataplane/radius", "radius", "softwire"),
            Room.of("dataplane/packet", "packet", "softwire"),
            Room.of(
                    "dataplane/lwaftr",
                    "lwaftr",
                    "softwire",
                    "settings",
                    "ipfix",
                    "syslog",
                    "pcp",
                    "dhcp",
                    "radius",
                    "packet"),
            Room.of("dataplane/lwb4", "lwb4", "softwire", "settings", "pcp", "dhcp", "packet", "lwaftr"),
            Room.of("collector/records", "records", "softwire"),
            Room.of("collector/server", "collector", "softwire", "settings", "ipfix", "syslog", "packet", "records"),
            Room.of("stream-jobs/ledger", "ledger", "softwire", "records"),
            Room.of("stream-jobs/jobs", "jobs", "softwire", "records", "ledger"),
            Room.of("webapp", "webapp", "softwire", "records", "ledger"),
            Room.of("compose/lab", "lab", "softwire", "lwaftr", "lwb4"),
            Room.of("compose/standalone/child", "standalone.child"),
            Room.of("compose/standalone/kafka", "standalone.kafka"),
            Room.of("compose/standalone/elasticsearch", "standalone.elasticsearch"),
            Room.of("compose/standalone/flink", "standalone.flink", "jobs"),
            Room.of(
                    "compose/standalone/portledger",
                    "standalone",
                    "softwire",
                    "settings",
                    "lwaftr",
                    "lwb4",
                    "collector",
                    "records",
                    "ledger"));

    private static JavaClasses house;

    static List<Room> rooms() {
        return HOUSE;
    }

    @BeforeAll
    static void read() throws Exception {
        Path home = Installation.find().home();
        house = new ClassFileImporter()
                .importPaths(HOUSE.stream()
                        .map(room -> home.resolve(room.folder()).resolve("target/classes"))
                        .toList());
    }

    @ParameterizedTest
    @MethodSource("rooms")
    void roomUsesNoOtherThanItMay(Room room) {
        String[] own = room.root().equals("standalone")
                ? new String[] {"io.portledger.standalone", "io.portledger.standalone.child.."}
                : new String[] {room.packages()};
        String[] allowed = Stream.concat(
                        Arrays.stream(own), room.mayUse().stream().map(name -> "io.portledger." + name + ".."))
                .toArray(String[]::new);
        ArchRule rule = noClasses()
                .that(resideInAnyPackage(own))
                .should()
                .dependOnClassesThat(resideInAPackage("io.portledger..").and(not(resideInAnyPackage(allowed))));
        rule.check(house);
    }

    @ParameterizedTest
    @MethodSource("rooms")
    void roomHasItsOwnPackage(Room room) throws Exception {
        Path classes = Installation.find().home().resolve(room.folder()).resolve("target/classes");
        JavaClasses own = new ClassFileImporter().importPath(classes);
        assertThat(own).as("classes of %s", room).isNotEmpty();
        classes()
                .that(not(resideInAPackage("org.elasticsearch..")))
                .should()
                .resideInAPackage(room.packages())
                .check(own);
    }

    @Test
    void noModuleIsForgotten() throws Exception {
        Path home = Installation.find().home();
        TreeSet<String> found = new TreeSet<>();
        for (String top : List.of("dataplane", "collector", "stream-jobs", "webapp", "compose")) {
            found.addAll(modules(home, home.resolve(top)));
        }
        assertThat(found)
                .containsExactlyInAnyOrderElementsOf(
                        HOUSE.stream().map(Room::folder).toList());
    }

    private static List<String> modules(Path home, Path top) throws IOException {
        try (Stream<Path> files =
                Files.find(top, 3, (path, _) -> path.getFileName().toString().equals("pom.xml"))) {
            return files.map(Path::getParent)
                    .filter(folder -> Files.isDirectory(folder.resolve("src/main")))
                    .map(folder -> home.relativize(folder).toString())
                    .toList();
        }
    }

    @Test
    void modulesHaveNoCycles() {
        slices().matching("io.portledger.(*)..").should().beFreeOfCycles().check(house);
    }

    @Test
    void codecsKnowNoTransport() {
        noClasses()
                .that()
                .resideInAnyPackage("io.portledger.ipfix..", "io.portledger.pcp..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("java.net..", "io.netty.channel..", "java.nio.channels..")
                .check(house);
    }

    @Test
    void onlyTheLedgerTalksToElasticsearch() {
        noClasses()
                .that()
                .resideOutsideOfPackages(
                        "io.portledger.ledger..",
                        "io.portledger.jobs..",
                        "io.portledger.standalone.elasticsearch..",
                        "org.elasticsearch..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("co.elastic.clients..", "org.elasticsearch..")
                .check(house);
    }

    @Test
    void onlyThoseWhoHaveATopicTalkToKafka() {
        noClasses()
                .that()
                .resideOutsideOfPackages(
                        "io.portledger.records..",
                        "io.portledger.collector..",
                        "io.portledger.jobs..",
                        "io.portledger.lwaftr.supporting..",
                        "io.portledger.standalone.kafka..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.apache.kafka..")
                .check(house);
    }
}
