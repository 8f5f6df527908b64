package org.elasticsearch.plugins;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Objects;
import org.elasticsearch.env.Environment;

/** Takes the network plugin from the class path instead of a directory of modules. */
public final class ClasspathPlugins extends PluginsService {

    private static final String DESCRIPTOR = "/META-INF/es-plugins/transport-netty4/plugin-descriptor.properties";

    private final List<LoadedPlugin> plugins;

    public ClasspathPlugins(Environment environment, PluginsLoader loader, Plugin plugin) {
        super(environment.settings(), environment.configDir(), loader);
        try (InputStream descriptor = Objects.requireNonNull(plugin.getClass().getResourceAsStream(DESCRIPTOR))) {
            plugins = List.of(new LoadedPlugin(
                    PluginDescriptor.readInternalDescriptorFromStream(descriptor),
                    plugin,
                    ClasspathPlugins.class.getClassLoader()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    protected List<LoadedPlugin> plugins() {
        return plugins;
    }
}
