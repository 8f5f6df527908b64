package io.portledger.settings;

import io.portledger.settings.Value.Entry;
import io.portledger.settings.Value.Origin;
import io.portledger.settings.Value.Scalar;
import io.portledger.settings.Value.Section;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Reads the settings of a process.
 *
 * <p>Three layers, each over the one before: the defaults, a YAML resource that holds every key and explains it; the
 * operator's YAML file; environment variables, named {@code PORTLEDGER_} and the key in upper case with {@code _} for
 * each dot and dash ({@code lwaftr.ipv6-side.mtu} is {@code PORTLEDGER_LWAFTR_IPV6_SIDE_MTU}).
 *
 * <p><b>Types.</b> A section is a record whose component {@code brAddresses} is the key {@code br-addresses}. A value is
 * a String, int, long, double, boolean, enum (in kebab case, any letter case), {@link java.time.Duration} ({@code 90s},
 * {@code 250ms}, {@code 7d}, ISO 8601), {@link Path}, {@link java.net.URI}, or any type with a static
 * {@code parse(String)} or {@code parse(CharSequence)}, such as {@link HostPort} and the addresses of module softwire;
 * a {@code List} of any of them or of records; or a {@code Map} from keys of the operator's own choice to any of them.
 * Lists replace, sections and maps merge. A relative {@code Path} in the file is relative to the file's directory, any
 * other to the working directory.
 *
 * <p><b>Null.</b> A key may be null if its default is null or its component is {@link MayBeNull}; a whole section, if its default is null. In the records of a list, of
 * a map or of a section that is null by default, a key that is left out is null (a primitive one is an error); their
 * constructors put in defaults and refuse what must be there.
 *
 * <p><b>Range checks</b> stand in the records' constructors: what they throw as {@link IllegalArgumentException} (or
 * {@link NullPointerException}) becomes a {@link SettingsException} that names file, line and section.
 */
public final class Settings {

    private static final String PREFIX = "PORTLEDGER_";

    private Settings() {}

    /**
     * Reads the three layers into a record.
     *
     * @param recordType the whole file as a record; each component is a key at the top level
     * @param defaultsResource name of the defaults on the class path of {@code recordType}, UTF-8
     * @param file the operator's file, UTF-8; null for none
     * @param environment the process's environment; variables of other programs and of sections that
     *     {@code recordType} does not have are ignored, an unknown key in a known section is an error
     * @throws SettingsException if anything in a layer is not right; the message is for the operator
     */
    public static <T extends Record> T read(
            Class<T> recordType, String defaultsResource, @Nullable Path file, Map<String, String> environment) {
        Keys keys = Keys.of(recordType);
        Section settings = section(defaultsText(recordType, defaultsResource), new Origin(defaultsResource, 0, null));
        requireComplete(recordType, "", settings);
        if (file != null) {
            Path directory = file.toAbsolutePath().getParent();
            settings =
                    settings.overlaidBy(section(fileText(file), new Origin(file.toString(), 0, directory)), "", keys);
        }
        for (Map.Entry<String, Section> variable : variables(keys, environment).entrySet()) {
            settings = settings.overlaidBy(variable.getValue(), "", keys);
        }
        return new Binder(keys).section(recordType, "", settings);
    }

    /**
     * Reads a file that has no defaults: as in the records of a list, a key that is left out is null.
     *
     * @throws SettingsException if the file cannot be used; the message is for the operator
     */
    public static <T extends Record> T readFile(Class<T> recordType, Path file) {
        return readWhole(
                recordType,
                fileText(file),
                new Origin(file.toString(), 0, file.toAbsolutePath().getParent()));
    }

    /** As {@link #readFile}, for a resource on the class path of {@code recordType}. */
    public static <T extends Record> T readResource(Class<T> recordType, String resource) {
        return readWhole(recordType, defaultsText(recordType, resource), new Origin(resource, 0, null));
    }

    private static <T extends Record> T readWhole(Class<T> recordType, String text, Origin origin) {
        return new Binder(Keys.of(recordType)).section(recordType, "", section(text, origin));
    }

    private static Section section(String text, Origin whole) {
        Value value = Yaml.read(text, whole);
        if (value instanceof Section section) {
            return section;
        }
        if (value instanceof Scalar scalar && scalar.text() == null) {
            return new Section(whole, Map.of());
        }
        throw value.origin().fault("settings begin with a key and a colon, but this is " + value.shown());
    }

    /** The defaults are the reference documentation, so a key without a default is a fault of ours. */
    private static void requireComplete(Class<?> type, String path, Section defaults) {
        for (RecordComponent component : type.getRecordComponents()) {
            String keyPath = Keys.join(path, Keys.nameOf(component));
            Entry entry = defaults.entries().get(Keys.nameOf(component));
            if (entry == null) {
                throw defaults.origin().fault("key " + keyPath + " has no default here");
            }
            if (Binder.isSection(component.getType()) && entry.value() instanceof Section section) {
                requireComplete(component.getType(), keyPath, section);
            }
        }
    }

    /** Each variable of ours as a layer with one key, in the order of their names. */
    private static Map<String, Section> variables(Keys keys, Map<String, String> environment) {
        Map<String, String> pathByVariable = new LinkedHashMap<>();
        keys.types().keySet().forEach(path -> {
            String earlier = pathByVariable.put(variableOf(path), path);
            if (earlier != null) {
                throw new IllegalStateException(earlier + " and " + path + " are the same environment variable");
            }
        });
        Map<String, Section> layers = new TreeMap<>();
        environment.forEach((variable, text) -> {
            Origin origin = new Origin("environment variable " + variable, -1, null);
            String path = pathByVariable.get(variable);
            if (path != null) {
                layers.put(variable, layer(path, fromVariable(keys.types().get(path), path, text, origin), origin));
            } else if (isOurs(keys, variable)) {
                throw origin.fault("there is no such key" + nearest(pathByVariable, variable));
            }
        });
        return layers;
    }

    private static Value fromVariable(@Nullable Type type, String path, String text, Origin origin) {
        if (type instanceof Class<?> section && Binder.isSection(section)) {
            throw origin.fault(path + " is a section; set the keys in it, such as "
                    + variableOf(Keys.join(path, Keys.nameOf(section.getRecordComponents()[0]))));
        }
        // One value is taken as it is, so that a password or [::]:4739 needs no quotes of YAML inside those of a shell.
        if (type != null && Binder.isScalar(type)) {
            return new Scalar(origin, text.isEmpty() && type != String.class ? null : text);
        }
        return Yaml.read(text, origin);
    }

    private static boolean isOurs(Keys keys, String variable) {
        return keys.types().keySet().stream()
                .filter(path -> path.indexOf('.') < 0)
                .anyMatch(path -> variable.startsWith(variableOf(path) + "_"));
    }

    private static String nearest(Map<String, String> pathByVariable, String variable) {
        String nearest = "";
        int distance = Integer.MAX_VALUE;
        for (String known : pathByVariable.keySet()) {
            int candidate = Keys.editDistance(variable, known);
            if (candidate < distance) {
                nearest = known;
                distance = candidate;
            }
        }
        return "; did you mean " + nearest + "?";
    }

    private static String variableOf(String path) {
        return PREFIX + path.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
    }

    private static Section layer(String path, Value value, Origin origin) {
        int dot = path.indexOf('.');
        String first = dot < 0 ? path : path.substring(0, dot);
        Value inner = dot < 0 ? value : layer(path.substring(dot + 1), value, origin);
        return new Section(origin, Map.of(first, new Entry(origin, inner)));
    }

    private static String defaultsText(Class<?> recordType, String resource) {
        String name = resource.startsWith("/") ? resource : "/" + resource;
        try (InputStream in = recordType.getResourceAsStream(name)) {
            if (in == null) {
                throw new SettingsException(
                        "the defaults " + resource + " are not on the class path of " + recordType.getName());
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new SettingsException("cannot read the defaults " + resource + ": " + e.getMessage(), e);
        }
    }

    private static String fileText(Path file) {
        try {
            return Files.readString(file);
        } catch (NoSuchFileException e) {
            throw new SettingsException("settings file " + file + " does not exist", e);
        } catch (CharacterCodingException e) {
            throw new SettingsException("settings file " + file + " is not UTF-8 text", e);
        } catch (IOException e) {
            throw new SettingsException("cannot read settings file " + file + ": " + e.getMessage(), e);
        }
    }
}
