package io.portledger.settings;

import io.portledger.settings.Value.Entry;
import io.portledger.settings.Value.Origin;
import io.portledger.settings.Value.Scalar;
import io.portledger.settings.Value.Section;
import io.portledger.settings.Value.Sequence;
import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Gives written values the types of a record's components. */
final class Binder {

    private static final Pattern DURATION = Pattern.compile("(\\d{1,12})(ms|s|m|h|d)");
    private static final String DURATION_FORMS = "(allowed: a number with ms, s, m, h or d, such as 90s, or ISO 8601)";

    private final Keys keys;

    Binder(Keys keys) {
        this.keys = keys;
    }

    /** Whether values of {@code type} are written as a section: a record, unless it has a text form. */
    static boolean isSection(Class<?> type) {
        return type.isRecord() && textForm(type).isEmpty();
    }

    /** Whether values of {@code type} are written as one scalar. */
    static boolean isScalar(Type type) {
        return type instanceof Class<?> c && !isSection(c);
    }

    /** @param path the section's key, empty for the whole file */
    <T> T section(Class<T> type, String path, Section section) {
        RecordComponent[] components = type.getRecordComponents();
        Set<String> names = new LinkedHashSet<>();
        for (RecordComponent component : components) {
            names.add(Keys.nameOf(component));
        }
        section.entries().forEach((name, entry) -> {
            if (!names.contains(name)) {
                throw entry.origin().fault("unknown key " + Keys.join(path, name) + keys.suggestion(path, name, names));
            }
        });
        Class<?>[] types = new Class<?>[components.length];
        @Nullable Object[] values = new @Nullable Object[components.length];
        for (int i = 0; i < components.length; i++) {
            String name = Keys.nameOf(components[i]);
            types[i] = components[i].getType();
            Entry entry = section.entries().get(name);
            String keyPath = Keys.join(path, name);
            if (entry == null && types[i].isPrimitive()) {
                throw section.origin().fault("key " + keyPath + " is missing");
            }
            values[i] = entry == null ? null : value(components[i].getGenericType(), keyPath, entry.value());
        }
        try {
            Constructor<T> constructor = type.getDeclaredConstructor(types);
            constructor.setAccessible(true);
            return constructor.newInstance(values);
        } catch (InvocationTargetException e) {
            Throwable cause = e.getCause();
            if (cause instanceof IllegalArgumentException || cause instanceof NullPointerException) {
                String where = path.isEmpty() ? "" : "in section " + path + ": ";
                throw section.origin().fault(where + cause.getMessage(), cause);
            }
            throw new IllegalStateException("cannot make a " + type.getName(), cause);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("cannot make a " + type.getName(), e);
        }
    }

    private @Nullable Object value(Type type, String path, Value value) {
        if (type instanceof ParameterizedType generic && generic.getRawType() == List.class) {
            return list(generic.getActualTypeArguments()[0], path, value);
        }
        if (type instanceof ParameterizedType generic && generic.getRawType() == Map.class) {
            return map(generic.getActualTypeArguments()[1], path, value);
        }
        if (!(type instanceof Class<?> wanted)) {
            throw new IllegalStateException("settings cannot hold " + type.getTypeName() + " (key " + path + ")");
        }
        if (value instanceof Scalar scalar && scalar.text() == null) {
            if (wanted.isPrimitive()) {
                throw invalid(value, path, "it needs a value");
            }
            return null;
        }
        if (isSection(wanted)) {
            if (value instanceof Section section) {
                return section(wanted, path, section);
            }
            String names = Arrays.stream(wanted.getRecordComponents())
                    .map(Keys::nameOf)
                    .collect(Collectors.joining(", "));
            throw invalid(value, path, "it is a section (allowed: the keys " + names + ")");
        }
        if (value instanceof Scalar(Origin origin, String text) && text != null) {
            try {
                return scalar(wanted, text, origin);
            } catch (IllegalArgumentException e) {
                throw value.origin()
                        .fault("Invalid value " + value.shown() + " for key " + path + ": " + e.getMessage(), e);
            }
        }
        throw invalid(value, path, "one value is expected here");
    }

    private @Nullable List<?> list(Type itemType, String path, Value value) {
        if (value instanceof Scalar scalar && scalar.text() == null) {
            return null;
        }
        if (!(value instanceof Sequence sequence)) {
            throw invalid(value, path, "it is a list (allowed: [first, second], or lines that begin with -)");
        }
        List<Object> items = new ArrayList<>();
        for (int i = 0; i < sequence.items().size(); i++) {
            items.add(present(itemType, path + "[" + i + "]", sequence.items().get(i)));
        }
        return Collections.unmodifiableList(items);
    }

    private @Nullable Map<String, ?> map(Type valueType, String path, Value value) {
        if (value instanceof Scalar scalar && scalar.text() == null) {
            return null;
        }
        if (!(value instanceof Section section)) {
            throw invalid(value, path, "it is a section of your own keys (allowed: {name: value})");
        }
        Map<String, Object> map = new LinkedHashMap<>();
        section.entries()
                .forEach((name, entry) -> map.put(name, present(valueType, Keys.join(path, name), entry.value())));
        return Collections.unmodifiableMap(map);
    }

    private Object present(Type type, String path, Value value) {
        Object bound = value(type, path, value);
        if (bound == null) {
            throw invalid(value, path, "it needs a value");
        }
        return bound;
    }

    private static SettingsException invalid(Value value, String path, String reason) {
        return value.origin().fault("Invalid value " + value.shown() + " for key " + path + ": " + reason);
    }

    private static Object scalar(Class<?> type, String text, Origin origin) {
        if (type == String.class) {
            return text;
        } else if (type == int.class || type == Integer.class) {
            return (int) wholeNumber(text, Integer.MIN_VALUE, Integer.MAX_VALUE);
        } else if (type == long.class || type == Long.class) {
            return wholeNumber(text, Long.MIN_VALUE, Long.MAX_VALUE);
        } else if (type == double.class || type == Double.class) {
            return number(text);
        } else if (type == boolean.class || type == Boolean.class) {
            return switch (text.toLowerCase(Locale.ROOT)) {
                case "true" -> true;
                case "false" -> false;
                default -> throw new IllegalArgumentException("not a truth value (allowed: true, false)");
            };
        } else if (type == Duration.class) {
            return duration(text);
        } else if (type == Path.class) {
            return path(text, origin);
        } else if (type == URI.class) {
            return uri(text);
        } else if (type.isEnum()) {
            return constant(type, text);
        }
        Method parse = textForm(type)
                .orElseThrow(() -> new IllegalStateException("settings cannot hold " + type.getName()
                        + ": it is no record and has no static parse(String)"));
        try {
            parse.setAccessible(true);
            return parse.invoke(null, text);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof IllegalArgumentException || e.getCause() instanceof DateTimeException) {
                throw new IllegalArgumentException(e.getCause().getMessage(), e.getCause());
            }
            throw new IllegalStateException("cannot read a " + type.getName(), e.getCause());
        } catch (IllegalAccessException e) {
            throw new IllegalStateException("cannot read a " + type.getName(), e);
        }
    }

    /** The static {@code parse} by which a value type reads its own text form. */
    private static Optional<Method> textForm(Class<?> type) {
        return Arrays.stream(type.getDeclaredMethods())
                .filter(method -> method.getName().equals("parse")
                        && Modifier.isStatic(method.getModifiers())
                        && method.getReturnType() == type
                        && method.getParameterCount() == 1
                        && method.getParameterTypes()[0].isAssignableFrom(String.class))
                .findFirst();
    }

    private static long wholeNumber(String text, long min, long max) {
        try {
            long number = Long.parseLong(text);
            if (number >= min && number <= max) {
                return number;
            }
        } catch (NumberFormatException e) {
            // the same answer as for a number that is too large
        }
        throw new IllegalArgumentException("not a whole number (allowed: " + min + " to " + max + ")");
    }

    private static double number(String text) {
        try {
            double number = Double.parseDouble(text);
            if (Double.isFinite(number)) {
                return number;
            }
        } catch (NumberFormatException e) {
            // the same answer as for infinity
        }
        throw new IllegalArgumentException("not a number (allowed: such as 0.5)");
    }

    private static Duration duration(String text) {
        Matcher matcher = DURATION.matcher(text);
        if (matcher.matches()) {
            long amount = Long.parseLong(matcher.group(1));
            return switch (matcher.group(2)) {
                case "ms" -> Duration.ofMillis(amount);
                case "s" -> Duration.ofSeconds(amount);
                case "m" -> Duration.ofMinutes(amount);
                case "h" -> Duration.ofHours(amount);
                default -> Duration.ofDays(amount);
            };
        }
        try {
            Duration duration = Duration.parse(text);
            if (!duration.isNegative()) {
                return duration;
            }
        } catch (DateTimeException e) {
            throw new IllegalArgumentException("not a duration " + DURATION_FORMS, e);
        }
        throw new IllegalArgumentException("a duration cannot be negative " + DURATION_FORMS);
    }

    private static Path path(String text, Origin origin) {
        try {
            Path path = Path.of(text);
            Path directory = origin.directory();
            return directory == null || text.isEmpty() ? path : directory.resolve(path);
        } catch (InvalidPathException e) {
            throw new IllegalArgumentException("not a path: " + e.getReason(), e);
        }
    }

    private static URI uri(String text) {
        try {
            URI uri = new URI(text);
            if (uri.isAbsolute()) {
                return uri;
            }
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException(
                    "not a URI: " + e.getReason() + " (allowed: such as http://host:port/)", e);
        }
        throw new IllegalArgumentException("not a URI with a scheme (allowed: such as http://host:port/)");
    }

    private static Object constant(Class<?> type, String text) {
        List<String> allowed = new ArrayList<>();
        Object constants = type.getEnumConstants();
        for (int i = 0; i < Array.getLength(constants); i++) {
            Enum<?> constant = (Enum<?>) Array.get(constants, i);
            String name = constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
            if (name.equals(text.toLowerCase(Locale.ROOT).replace('_', '-'))) {
                return constant;
            }
            allowed.add(name);
        }
        throw new IllegalArgumentException("not one of its values (allowed: " + String.join(", ", allowed) + ")");
    }
}
