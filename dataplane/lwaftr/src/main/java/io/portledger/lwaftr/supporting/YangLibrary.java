package io.portledger.lwaftr.supporting;

import java.util.List;
import tools.jackson.core.JsonGenerator;

/** Which YANG modules there are: {@code modules-state} of RFC 7895, which RFC 8040 §10 asks for. */
final class YangLibrary {

    /** Its revision. */
    static final String VERSION = "2016-06-21";

    private static final List<Module> MODULES = List.of(
            new Module(
                    "ietf-softwire-br",
                    "2019-11-16",
                    "urn:ietf:params:xml:ns:yang:ietf-softwire-br",
                    "binding-mode",
                    true),
            new Module(
                    "ietf-softwire-common",
                    "2019-11-16",
                    "urn:ietf:params:xml:ns:yang:ietf-softwire-common",
                    "",
                    false),
            new Module("portledger-softwire", "2026-11-25", "urn:portledger:yang:portledger-softwire", "", true),
            new Module("ietf-restconf", "2017-01-26", "urn:ietf:params:xml:ns:yang:ietf-restconf", "", true),
            new Module("ietf-yang-library", VERSION, "urn:ietf:params:xml:ns:yang:ietf-yang-library", "", true),
            new Module("ietf-inet-types", "2013-07-15", "urn:ietf:params:xml:ns:yang:ietf-inet-types", "", false),
            new Module("ietf-yang-types", "2013-07-15", "urn:ietf:params:xml:ns:yang:ietf-yang-types", "", false));

    /**
     * One of them.
     *
     * @param feature which it has; empty: none
     * @param isImplemented whether its nodes are there, and not only its types
     */
    private record Module(String name, String revision, String namespace, String feature, boolean isImplemented) {}

    private YangLibrary() {}

    static void write(JsonGenerator json) {
        json.writeName("ietf-yang-library:modules-state").writeStartObject();
        json.writeStringProperty("module-set-id", "1");
        json.writeName("module").writeStartArray();
        for (Module module : MODULES) {
            json.writeStartObject();
            json.writeStringProperty("name", module.name());
            json.writeStringProperty("revision", module.revision());
            if (module.name().startsWith("portledger")) {
                json.writeStringProperty("schema", "/restconf/yang/" + module.name());
            }
            json.writeStringProperty("namespace", module.namespace());
            if (!module.feature().isEmpty()) {
                json.writeName("feature").writeStartArray();
                json.writeString(module.feature());
                json.writeEndArray();
            }
            json.writeStringProperty("conformance-type", module.isImplemented() ? "implement" : "import");
            json.writeEndObject();
        }
        json.writeEndArray().writeEndObject();
    }
}
