package io.portledger.webapp;

import static org.assertj.core.api.Assertions.assertThat;

import com.vaadin.flow.component.dependency.JavaScript;
import com.vaadin.flow.component.dependency.StyleSheet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Each of these annotations would make the production build ask for Node, which must never be needed. */
class NoFrontEndBuildTest {

    /** By name, because one of them is deprecated. */
    private static final Set<String> FORBIDDEN = Set.of(
            "com.vaadin.flow.component.dependency.NpmPackage",
            "com.vaadin.flow.component.dependency.NpmPackage$Container",
            "com.vaadin.flow.component.dependency.CssImport",
            "com.vaadin.flow.component.dependency.CssImport$Container",
            "com.vaadin.flow.component.dependency.JsModule",
            "com.vaadin.flow.component.dependency.JsModule$Container",
            "com.vaadin.flow.server.LoadDependenciesOnStartup",
            "com.vaadin.flow.theme.Theme");

    @Test
    void theForbiddenAnnotationsExist() {
        assertThat(FORBIDDEN)
                .allSatisfy(name -> assertThat(load(name).isAnnotation()).isTrue());
    }

    @Test
    void noClassAsksForAFrontEndBuild() throws Exception {
        List<Class<?>> classes = classesOfTheModule();
        assertThat(classes).contains(io.portledger.webapp.ui.Shell.class).hasSizeGreaterThan(20);
        for (Class<?> type : classes) {
            assertThat(type.getDeclaredAnnotations())
                    .as(type.getName())
                    .extracting(annotation -> annotation.annotationType().getName())
                    .doesNotContainAnyElementsOf(FORBIDDEN);
            for (JavaScript script : type.getDeclaredAnnotationsByType(JavaScript.class)) {
                assertThat(script.value()).as(type.getName()).startsWith("context://");
            }
            for (StyleSheet sheet : type.getDeclaredAnnotationsByType(StyleSheet.class)) {
                assertThat(sheet.value()).as(type.getName()).matches("context://.*|aura/aura\\.css");
            }
        }
    }

    @Test
    void thereAreNoFrontEndSources() {
        assertThat(Path.of("package.json")).doesNotExist();
        assertThat(Path.of("src/main/frontend")).doesNotExist();
    }

    private static List<Class<?>> classesOfTheModule() throws Exception {
        Path root = Path.of(WebApplication.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        try (Stream<Path> files = Files.walk(root.resolve("io"))) {
            return files.map(root::relativize)
                    .map(Path::toString)
                    .filter(name -> name.endsWith(".class") && !name.endsWith("package-info.class"))
                    .<Class<?>>map(
                            name -> load(name.substring(0, name.length() - 6).replace('/', '.')))
                    .toList();
        } catch (IOException e) {
            throw new AssertionError("the module's classes cannot be listed", e);
        }
    }

    private static Class<?> load(String name) {
        try {
            return Class.forName(name, false, NoFrontEndBuildTest.class.getClassLoader());
        } catch (ClassNotFoundException e) {
            throw new AssertionError(e);
        }
    }
}
