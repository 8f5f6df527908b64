package io.portledger.collector.dialect;

import java.util.LinkedHashMap;
import java.util.Map;

/** How names and values stand in a part of a message. */
enum Parameters {

    /** {@code name="value" name="value"}, as in RFC 5424's structured data: {@code \} escapes {@code " \ ]}. */
    QUOTED {
        @Override
        void read(String text, Map<String, String> into) {
            int at = 0;
            while (at < text.length()) {
                int equals = text.indexOf('=', at);
                if (equals < 0 || equals + 1 >= text.length() || text.charAt(equals + 1) != '"') {
                    throw new IllegalArgumentException("no name=\"value\" begins at \"" + cut(text, at) + "\"");
                }
                String name = text.substring(at, equals);
                StringBuilder value = new StringBuilder();
                int from = equals + 2;
                while (from < text.length() && text.charAt(from) != '"') {
                    char c = text.charAt(from);
                    if (c == '\\' && from + 1 < text.length() && "\"\\]".indexOf(text.charAt(from + 1)) >= 0) {
                        from++;
                    }
                    value.append(text.charAt(from++));
                }
                if (from >= text.length()) {
                    throw new IllegalArgumentException("the value of " + name + " has no end");
                }
                put(into, name, value.toString());
                at = from + 1;
                if (at < text.length()) {
                    if (text.charAt(at) != ' ' || at + 1 == text.length()) {
                        throw new IllegalArgumentException("behind the value of " + name + " stands no space and name");
                    }
                    at++;
                }
            }
        }
    },

    /**
     * {@code name=value name=value}, as in the extension of ArcSight's CEF: values may have spaces, {@code \} escapes
     * {@code = \}.
     */
    CEF {
        @Override
        void read(String text, Map<String, String> into) {
            int equals = unescapedEquals(text, 0);
            int name = 0;
            while (equals >= 0) {
                int next = unescapedEquals(text, equals + 1);
                // The next name is the last word before the next equals sign.
                int end = next < 0 ? text.length() : text.lastIndexOf(' ', next);
                if (end < equals + 1 && next >= 0) {
                    throw new IllegalArgumentException("between two equals signs stands no space");
                }
                put(
                        into,
                        text.substring(name, equals),
                        text.substring(equals + 1, end).strip().replaceAll("\\\\([=\\\\])", "$1"));
                name = end + 1;
                equals = next;
            }
            if (into.isEmpty()) {
                throw new IllegalArgumentException("there is no name=value");
            }
        }
    };

    /** @throws IllegalArgumentException if the text is not written so, or a name occurs twice */
    abstract void read(String text, Map<String, String> into);

    final Map<String, String> read(String text) {
        Map<String, String> values = new LinkedHashMap<>();
        read(text, values);
        return values;
    }

    private static void put(Map<String, String> into, String name, String value) {
        if (name.isEmpty() || !name.chars().allMatch(Parameters::isNameCharacter)) {
            throw new IllegalArgumentException("\"" + cut(name, 0) + "\" is no name of a parameter");
        }
        // Which of the two is meant, nobody knows; one of them may be in a value that somebody chose.
        if (into.put(name, value) != null) {
            throw new IllegalArgumentException("parameter " + name + " occurs twice");
        }
    }

    private static boolean isNameCharacter(int c) {
        return (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9')
                || c == '-'
                || c == '_'
                || c == '.';
    }

    private static int unescapedEquals(String text, int from) {
        for (int at = from; at < text.length(); at++) {
            char c = text.charAt(at);
            if (c == '\\') {
                at++;
            } else if (c == '=') {
                return at;
            }
        }
        return -1;
    }

    private static String cut(String text, int from) {
        return text.substring(from, Math.min(text.length(), from + 40));
    }
}
