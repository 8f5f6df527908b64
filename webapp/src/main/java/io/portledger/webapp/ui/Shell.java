package io.portledger.webapp.ui;

import com.vaadin.flow.component.dependency.StyleSheet;
import com.vaadin.flow.component.page.AppShellConfigurator;
import com.vaadin.flow.component.page.Inline;
import com.vaadin.flow.component.page.Push;
import com.vaadin.flow.component.page.Viewport;
import com.vaadin.flow.router.PageTitle;
import com.vaadin.flow.server.AppShellSettings;
import com.vaadin.flow.theme.aura.Aura;

/**
 * The page around the views. Own styles and scripts are static files under {@code /portledger}: anything else would ask
 * for a front-end build, and so for Node.
 */
@Push
@StyleSheet(Aura.STYLESHEET)
@StyleSheet("context://portledger/portledger.css")
@Viewport("width=device-width, initial-scale=1")
@PageTitle("Portledger")
public final class Shell implements AppShellConfigurator {

    @Override
    public void configurePage(AppShellSettings settings) {
        settings.addFavIcon("icon", "portledger/icon.svg", "any");
        // Before the first paint, so that a dark page does not flash up light.
        settings.addInlineWithContents(
                Inline.Position.PREPEND, ColorSchemeSelect.RESTORE_SCRIPT, Inline.Wrapping.JAVASCRIPT);
    }
}
