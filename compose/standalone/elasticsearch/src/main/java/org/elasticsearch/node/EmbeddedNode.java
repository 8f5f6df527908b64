package org.elasticsearch.node;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.elasticsearch.env.Environment;
import org.elasticsearch.plugins.ClassPathPlugins;
import org.elasticsearch.plugins.Plugin;
import org.elasticsearch.plugins.PluginsLoader;
import org.elasticsearch.plugins.PluginsService;

/**
 * A node whose plugins come from the class path.
 *
 * <p>Lives in this package because the constructors that it needs are package-private. It is tied to one version of the
 * server, the one that the root POM pins.
 */
public final class EmbeddedNode extends Node {

    /** Builds the node; {@link #start()} starts it. */
    public EmbeddedNode(Environment environment, List<Class<? extends Plugin>> plugins) {
        super(NodeConstruction.prepareConstruction(
                environment,
                PluginsLoader.createPluginsLoader(Set.of(), Set.of(), Map.of(), false),
                new NodeServiceProvider() {
                    @Override
                    PluginsService newPluginService(Environment initial, PluginsLoader loader) {
                        return new ClassPathPlugins(initial, loader, plugins);
                    }
                },
                true));
    }
}
