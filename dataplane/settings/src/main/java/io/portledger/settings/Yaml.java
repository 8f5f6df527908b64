package io.portledger.settings;

import io.portledger.settings.Value.Entry;
import io.portledger.settings.Value.Origin;
import io.portledger.settings.Value.Scalar;
import io.portledger.settings.Value.Section;
import io.portledger.settings.Value.Sequence;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/**
 * Reads YAML 1.2 into {@link Value}s. Scalars keep the text that was written: {@code 1.10} stays {@code 1.10} until the
 * binder knows whether a number or a name is wanted.
 */
final class Yaml {

    private final Origin whole;

    private Yaml(Origin whole) {
        this.whole = whole;
    }

    /** One document; an empty one is an empty section. */
    static Value read(String text, Origin whole) {
        Yaml yaml = new Yaml(whole);
        try {
            LoadSettings settings = LoadSettings.builder()
                    .setSchema(new CoreSchema())
                    .setLabel(whole.source())
                    .setAllowNonScalarKeys(true)
                    .build();
            Optional<Node> root = new Compose(settings).composeString(text);
            return root.isEmpty() ? new Section(whole, Map.of()) : yaml.value(root.get());
        } catch (MarkedYamlEngineException e) {
            Origin place =
                    e.getProblemMark().map(mark -> yaml.at(mark.getLine())).orElse(whole);
            throw place.fault("this is not YAML: " + e.getProblem(), e);
        } catch (YamlEngineException e) {
            throw whole.fault("this is not YAML: " + e.getMessage(), e);
        }
    }

    private Value value(Node node) {
        Origin origin = origin(node);
        if (node.isRecursive()) {
            throw origin.fault("a value cannot contain itself");
        }
        return switch (node) {
            case ScalarNode scalar -> new Scalar(origin, Tag.NULL.equals(scalar.getTag()) ? null : scalar.getValue());
            case SequenceNode sequence -> {
                List<Value> items = new ArrayList<>();
                sequence.getValue().forEach(item -> items.add(value(item)));
                yield new Sequence(origin, items);
            }
            case MappingNode mapping -> new Section(origin, entries(mapping));
            default -> throw origin.fault("this is not YAML that settings can hold");
        };
    }

    private Map<String, Entry> entries(MappingNode mapping) {
        Map<String, Entry> entries = new LinkedHashMap<>();
        for (NodeTuple tuple : mapping.getValue()) {
            Origin origin = origin(tuple.getKeyNode());
            if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
                throw origin.fault("a key must be one word");
            }
            Entry earlier = entries.put(key.getValue(), new Entry(origin, value(tuple.getValueNode())));
            if (earlier != null) {
                throw origin.fault("key " + key.getValue() + " stands here twice; the first is in line "
                        + earlier.origin().line());
            }
        }
        return entries;
    }

    private Origin origin(Node node) {
        return node.getStartMark().map(mark -> at(mark.getLine())).orElse(whole);
    }

    private Origin at(int zeroBasedLine) {
        return whole.line() < 0 ? whole : new Origin(whole.source(), zeroBasedLine + 1, whole.directory());
    }
}
