package io.portledger.webapp.ui;

import com.vaadin.flow.component.html.Div;
import com.vaadin.flow.component.html.Main;
import com.vaadin.flow.component.html.Paragraph;
import com.vaadin.flow.component.login.LoginForm;
import com.vaadin.flow.component.login.LoginI18n;
import com.vaadin.flow.router.BeforeEnterEvent;
import com.vaadin.flow.router.BeforeEnterObserver;
import com.vaadin.flow.router.PageTitle;
import com.vaadin.flow.router.Route;
import com.vaadin.flow.server.auth.AnonymousAllowed;

/** Sign in by name and password. */
@Route(value = "login", autoLayout = false)
@PageTitle("Sign in – Portledger")
@AnonymousAllowed
public final class SignInView extends Main implements BeforeEnterObserver {

    private final LoginForm form = new LoginForm();

    public SignInView() {
        addClassName("sign-in");
        LoginI18n texts = LoginI18n.createDefault();
        texts.getForm().setTitle("Portledger");
        texts.getForm().setUsername("User");
        texts.getForm().setPassword("Password");
        texts.getForm().setSubmit("Sign in");
        texts.getErrorMessage().setTitle("Not signed in");
        texts.getErrorMessage()
                .setMessage("The name or the password is wrong, or there were too many failed attempts:"
                        + " after five, each further one has to wait.");
        form.setI18n(texts);
        form.setForgotPasswordButtonVisible(false);
        form.setAction("login");
        form.getElement().setAttribute("no-autofocus", false);
        Paragraph hint = new Paragraph(
                "The first start printed the password of the user “operator” on the console; it is changed at the first sign-in.");
        hint.addClassName("hint");
        add(new Div(form, hint));
    }

    @Override
    public void beforeEnter(BeforeEnterEvent event) {
        form.setError(event.getLocation().getQueryParameters().getParameters().containsKey("error"));
    }
}
