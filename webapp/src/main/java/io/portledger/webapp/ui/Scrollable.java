package io.portledger.webapp.ui;

import com.vaadin.flow.component.Component;
import com.vaadin.flow.component.html.Div;

/** Something that may be wider than the page: it scrolls by itself, with the keyboard too. */
final class Scrollable extends Div {

    Scrollable(String label, Component content) {
        super(content);
        addClassName("scroll");
        getElement().setAttribute("tabindex", "0");
        getElement().setAttribute("role", "group");
        getElement().setAttribute("aria-label", label);
    }
}
