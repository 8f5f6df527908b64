package io.portledger.webapp.ui;

import com.vaadin.flow.component.AttachEvent;
import com.vaadin.flow.component.UI;
import com.vaadin.flow.component.page.ColorScheme;
import com.vaadin.flow.component.select.Select;
import java.util.Locale;

/** Light, dark, or as the system has it; the browser remembers the choice. */
final class ColorSchemeSelect extends Select<ColorSchemeSelect.Scheme> {

    static final String RESTORE_SCRIPT = """
            try {
              const scheme = localStorage.getItem('portledger.scheme');
              if (scheme === 'light' || scheme === 'dark') {
                document.documentElement.setAttribute('theme', scheme);
                document.documentElement.style.colorScheme = scheme;
              }
            } catch (e) { /* without storage the system decides */ }
            """;

    enum Scheme {
        SYSTEM("System", ColorScheme.Value.SYSTEM),
        LIGHT("Light", ColorScheme.Value.LIGHT),
        DARK("Dark", ColorScheme.Value.DARK);

        private final String label;
        private final ColorScheme.Value value;

        Scheme(String label, ColorScheme.Value value) {
            this.label = label;
            this.value = value;
        }
    }

    ColorSchemeSelect() {
        setAriaLabel("Colour scheme");
        setItems(Scheme.values());
        setItemLabelGenerator(scheme -> scheme.label);
        setValue(Scheme.SYSTEM);
        addClassName("color-scheme");
        addValueChangeListener(change -> {
            if (change.isFromClient()) {
                apply(change.getValue());
            }
        });
    }

    @Override
    protected void onAttach(AttachEvent event) {
        super.onAttach(event);
        getElement()
                .executeJs("return localStorage.getItem('portledger.scheme') || 'system'")
                .then(String.class, stored -> {
                    for (Scheme scheme : Scheme.values()) {
                        if (scheme.name().toLowerCase(Locale.ROOT).equals(stored)) {
                            setValue(scheme);
                        }
                    }
                });
    }

    private void apply(Scheme scheme) {
        UI ui = UI.getCurrent();
        ui.getPage().setColorScheme(scheme.value);
        ui.getPage()
                .executeJs(
                        "localStorage.setItem('portledger.scheme', $0)",
                        scheme.name().toLowerCase(Locale.ROOT));
    }
}
