package io.portledger.webapp.ui;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.vaadin.browserless.SpringBrowserlessTest;
import com.vaadin.flow.component.HasElement;
import com.vaadin.flow.component.UI;
import com.vaadin.flow.component.button.Button;
import com.vaadin.flow.component.checkbox.CheckboxGroup;
import com.vaadin.flow.component.html.Code;
import com.vaadin.flow.component.html.NativeTableRow;
import com.vaadin.flow.component.textfield.PasswordField;
import com.vaadin.flow.component.textfield.TextField;
import com.vaadin.flow.dom.Element;
import com.vaadin.flow.router.QueryParameters;
import io.portledger.webapp.DataDirectory;
import io.portledger.webapp.TestApplication;
import io.portledger.webapp.security.Role;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Import;
import org.springframework.security.test.context.support.WithMockUser;

@SpringBootTest
@Import(TestApplication.class)
class AccountViewsTest extends SpringBrowserlessTest {

    @Autowired
    private DataDirectory directory;

    @Test
    @WithMockUser(username = "operator", roles = "ADMIN")
    void anAddedUserIsInTheListAndItsPasswordIsShownOnce() throws IOException {
        UsersView view = navigate(UsersView.class);
        test(find(TextField.class).withLabel("Name").single()).setValue("berta");
        roles("Roles").setValue(Set.of(Role.ANALYST, Role.AUDITOR));
        click("Add user");
        assertThat(find(Code.class).single().getText()).hasSize(20);
        assertThat(text(view)).contains("berta ANALYST, AUDITOR must change the password");
        assertThat(Files.readString(directory.file("users.json")))
                .contains("berta")
                .doesNotContain(find(Code.class).single().getText());

        test(find(TextField.class).withLabel("Name").single()).setValue("BERTA");
        click("Add user");
        assertThat(text(view)).contains("There is already a user BERTA.");
        test(find(TextField.class).withLabel("Name").single()).setValue("a b");
        click("Add user");
        assertThat(text(view)).contains("\"a b\" is no name for a user");
    }

    @Test
    @WithMockUser(username = "operator", roles = "ADMIN")
    void aUserIsChangedInPlaceAndEachChangeIsAudited() throws IOException {
        UI.getCurrent().navigate(UsersView.class, QueryParameters.simple(Map.of("user", "bystander")));
        roles("Roles of bystander").setValue(Set.of(Role.APPROVER));
        click("Save roles");
        assertThat(roles("Roles of bystander").getValue()).containsExactly(Role.APPROVER);
        assertThat(Files.readAllLines(directory.file("audit.jsonl")).getLast())
                .contains(
                        "\"event\":\"ROLES_CHANGED\"",
                        "\"who\":\"operator\"",
                        "\"user\":\"bystander\"",
                        "\"roles\":[\"APPROVER\"]");
        click("Disable");
        assertThat(Files.readAllLines(directory.file("audit.jsonl")).getLast()).contains("USER_DISABLED");
        click("Enable");
        roles("Roles of bystander").setValue(Set.of());
        click("Save roles");
    }

    @Test
    @WithMockUser(username = "operator", roles = "ADMIN")
    void theLastAdminCannotBeTakenAway() {
        UI.getCurrent().navigate(UsersView.class, QueryParameters.simple(Map.of("user", "operator")));
        click("Disable");
        assertThat(text(getCurrentView())).contains("operator is the last user with the role ADMIN");
        click("Reset password");
        assertThat(text(getCurrentView())).contains("Change your own password in the view Account.");
    }

    @Test
    @WithMockUser(
            username = "bystander",
            roles = {})
    void aWrongOrWeakPasswordIsExplained() {
        AccountView view = navigate(AccountView.class);
        change("wrong", "kettle moss orbit 17", "kettle moss orbit 17");
        assertThat(text(view)).contains("The current password is wrong.");
        change(TestApplication.PASSWORD, "short", "short");
        assertThat(text(view)).contains("at least 12 characters.");
        change(TestApplication.PASSWORD, "kettle moss orbit 17", "kettle moss orbit 18");
        assertThat(text(view)).contains("The two new passwords differ.");
    }

    @Test
    @WithMockUser(username = "newcomer", authorities = "MUST_CHANGE_PASSWORD")
    void beforeThePasswordIsChangedEveryWayLeadsToIt() {
        UI.getCurrent().navigate("findings");
        assertThat(getCurrentView()).isInstanceOf(AccountView.class);
        assertThat(text(getCurrentView()))
                .contains("Choose a password of your own first")
                .doesNotContain("API token");
    }

    @Test
    @WithMockUser(username = "nora", roles = "NOC")
    void theFrontDoorLeadsToTheFirstViewThatIsOpen() {
        UI.getCurrent().navigate("");
        assertThat(getCurrentView()).isInstanceOf(FindingsView.class);
        assertThatThrownBy(() -> navigate(UsersView.class)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> navigate(AuditView.class)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    @WithMockUser(username = "nora", roles = "NOC")
    void aTokenHasScopesOfItsUsersRolesOnly() {
        AccountView view = navigate(AccountView.class);
        assertThat(roles("May act as").getListDataView().getItems()).containsExactly(Role.NOC);
        test(find(TextField.class).withLabel("Name").single()).setValue("probe");
        click("Create token");
        assertThat(text(view)).contains("A token needs at least one role");
        test(find(TextField.class).withLabel("Name").single()).setValue("probe");
        roles("May act as").setValue(Set.of(Role.NOC));
        click("Create token");
        assertThat(find(Code.class).single().getText()).startsWith("portledger_");
        assertThat(text(view)).contains("probe NOC", "never");
    }

    @Test
    @WithMockUser(username = "operator", roles = "AUDITOR")
    void readingTheLogIsInTheLogAndADeepLinkFilters() {
        navigate(AuditView.class);
        UI.getCurrent().navigate(AuditView.class, QueryParameters.simple(Map.of("event", "audit_read")));
        assertThat(find(NativeTableRow.class).all()).hasSizeGreaterThan(2);
        assertThat(text(getCurrentView())).contains("filter=event=AUDIT_READ").doesNotContain("ROLES_CHANGED");
        UI.getCurrent().navigate(AuditView.class, QueryParameters.simple(Map.of("from", "yesterday")));
        assertThat(text(getCurrentView())).contains("Not shown", "\"yesterday\" is not understood");
    }

    @Test
    @WithMockUser(username = "operator", roles = "AUDITOR")
    void theVerificationTellsLinesAndHash() {
        navigate(AuditView.class);
        click("Verify the whole log");
        await().pollInSameThread().atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
            roundTrip();
            assertThat(find(Code.class).exists()).isTrue();
        });
        assertThat(text(getCurrentView())).contains("lines are as they were written");
        assertThat(find(Code.class).single().getText()).matches("[0-9a-f]{64}");
    }

    private void change(String current, String wanted, String again) {
        test(password("Current password")).setValue(current);
        test(password("New password")).setValue(wanted);
        test(password("New password again")).setValue(again);
        click("Change password");
    }

    private PasswordField password(String label) {
        return find(PasswordField.class).withLabel(label).single();
    }

    private void click(String button) {
        test(find(Button.class).withText(button).single()).click();
    }

    @SuppressWarnings("unchecked")
    private CheckboxGroup<Role> roles(String label) {
        return find(CheckboxGroup.class).all().stream()
                .filter(group -> label.equals(group.getLabel()))
                .findFirst()
                .orElseThrow();
    }

    private static String text(HasElement view) {
        return texts(view.getElement()).collect(Collectors.joining(" ")).replaceAll("\\s+", " ");
    }

    private static Stream<String> texts(Element element) {
        return element.isTextNode()
                ? Stream.of(element.getText())
                : element.getChildren().flatMap(AccountViewsTest::texts);
    }
}
