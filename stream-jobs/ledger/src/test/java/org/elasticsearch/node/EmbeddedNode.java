package org.elasticsearch.node;

import java.util.Map;
import java.util.Set;
import org.elasticsearch.env.Environment;
import org.elasticsearch.plugins.ClasspathPlugins;
import org.elasticsearch.plugins.PluginsLoader;
import org.elasticsearch.plugins.PluginsService;
import org.elasticsearch.transport.netty4.Netty4Plugin;

/** The server's own node with its network plugin from the class path. */
public final class EmbeddedNode extends Node {

    public EmbeddedNode(Environment environment) {
        super(NodeConstruction.prepareConstruction(
                environment,
                PluginsLoader.createPluginsLoader(Set.of(), Set.of(), Map.of(), false),
                new NodeServiceProvider() {
                    @Override
                    PluginsService newPluginService(Environment prepared, PluginsLoader loader) {
                        return new ClasspathPlugins(prepared, loader, new Netty4Plugin());
                    }
                },
                true));
    }
}
