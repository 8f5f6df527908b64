package org.elasticsearch.plugins;

import java.util.List;
import org.elasticsearch.Build;
import org.elasticsearch.action.admin.cluster.node.info.PluginsAndModules;
import org.elasticsearch.env.Environment;

/** Plugins that are on the class path instead of in directories of their own. */
public final class ClassPathPlugins extends PluginsService {

    private final List<LoadedPlugin> loaded;

    /** Instantiates {@code plugins}. */
    public ClassPathPlugins(Environment environment, PluginsLoader loader, List<Class<? extends Plugin>> plugins) {
        super(environment.settings(), environment.configDir(), loader);
        this.loaded = plugins.stream()
                .map(type -> new LoadedPlugin(
                        descriptor(type),
                        loadPlugin(type, environment.settings(), environment.configDir()),
                        ClassPathPlugins.class.getClassLoader()))
                .toList();
    }

    private static PluginDescriptor descriptor(Class<? extends Plugin> type) {
        return new PluginDescriptor(
                type.getName(),
                "from the class path",
                Build.current().version(),
                Build.current().version(),
                Integer.toString(Runtime.version().feature()),
                type.getName(),
                null,
                List.of(),
                false,
                false,
                false,
                false,
                PluginDescriptor.DeploymentTarget.ALL);
    }

    @Override
    protected List<LoadedPlugin> plugins() {
        return loaded;
    }

    @Override
    public PluginsAndModules info() {
        return new PluginsAndModules(
                loaded.stream()
                        .map(plugin -> new PluginRuntimeInfo(plugin.descriptor()))
                        .toList(),
                List.of());
    }
}
