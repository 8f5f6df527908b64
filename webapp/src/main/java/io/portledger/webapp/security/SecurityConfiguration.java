package io.portledger.webapp.security;

import com.vaadin.flow.spring.security.VaadinSecurityConfigurer;
import io.portledger.webapp.DataDirectory;
import io.portledger.webapp.WebSettings;
import io.portledger.webapp.audit.AuditLog;
import io.portledger.webapp.ui.SignInView;
import jakarta.servlet.DispatcherType;
import java.io.IOException;
import java.time.Clock;
import java.util.Map;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpMethod;
import org.springframework.security.authentication.AccountStatusUserDetailsChecker;
import org.springframework.security.authentication.AuthenticationManager;
import org.springframework.security.authentication.ProviderManager;
import org.springframework.security.authentication.dao.DaoAuthenticationProvider;
import org.springframework.security.authorization.AuthenticatedAuthorizationManager;
import org.springframework.security.authorization.AuthorityAuthorizationManager;
import org.springframework.security.authorization.AuthorizationManagers;
import org.springframework.security.config.ObjectPostProcessor;
import org.springframework.security.config.annotation.method.configuration.EnableMethodSecurity;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configuration.EnableWebSecurity;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.core.userdetails.UsernameNotFoundException;
import org.springframework.security.crypto.bcrypt.BCryptPasswordEncoder;
import org.springframework.security.crypto.password.DelegatingPasswordEncoder;
import org.springframework.security.crypto.password.PasswordEncoder;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.authentication.www.BasicAuthenticationFilter;
import org.springframework.security.web.header.HeaderWriterFilter;
import org.springframework.security.web.header.writers.ReferrerPolicyHeaderWriter.ReferrerPolicy;
import org.springframework.security.web.util.matcher.RequestMatcher;
import tools.jackson.databind.json.JsonMapper;

/** Who may reach what: programs by token or HTTP basic without a session, people by a form and a session. */
@Configuration
@EnableWebSecurity
@EnableMethodSecurity
class SecurityConfiguration {

    /** Vaadin 25.2 evaluates scripts that its server sends; nothing is loaded from, or sent to, another host. */
    private static final String CONTENT_POLICY = "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval';"
            + " style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self';"
            + " object-src 'none'; frame-ancestors 'none'; base-uri 'self'; form-action 'self'";

    private static final int BCRYPT_STRENGTH = 12;

    @Bean
    PasswordEncoder passwordEncoder() {
        return new DelegatingPasswordEncoder("bcrypt", Map.of("bcrypt", new BCryptPasswordEncoder(BCRYPT_STRENGTH)));
    }

    @Bean
    Accounts accounts(DataDirectory directory, PasswordEncoder encoder, Clock clock) throws IOException {
        return Accounts.open(directory.path(), encoder, clock, System.out);
    }

    @Bean
    SignInThrottle signInThrottle(WebSettings settings, Clock clock) {
        return new SignInThrottle(settings.signIn(), clock);
    }

    @Bean
    RefusedSignIns refusedSignIns(Accounts accounts, AuditLog audit, Clock clock) {
        return new RefusedSignIns(accounts, audit, clock);
    }

    @Bean
    Sessions sessions(Accounts accounts, AuditLog audit) {
        return new Sessions(accounts, audit);
    }

    @Bean
    AuthenticationManager authenticationManager(
            Accounts accounts, PasswordEncoder encoder, SignInThrottle throttle, RefusedSignIns refused) {
        DaoAuthenticationProvider passwords = new DaoAuthenticationProvider(name -> accounts.byName(name)
                .map(SignedInUser::byPassword)
                .orElseThrow(() -> new UsernameNotFoundException("There is no such user.")));
        passwords.setPasswordEncoder(encoder);
        // That a user is disabled is told, by answer or by time, only to those who know the password.
        passwords.setPreAuthenticationChecks(user -> {});
        passwords.setPostAuthenticationChecks(new AccountStatusUserDetailsChecker());
        return new ProviderManager(new ThrottledSignIn(passwords, throttle, refused));
    }

    @Bean
    @Order(1)
    SecurityFilterChain programs(
            HttpSecurity http,
            AuthenticationManager authentication,
            Accounts accounts,
            RefusedSignIns refused,
            WebSettings settings,
            Clock clock,
            JsonMapper json) {
        Refusals refusals = new Refusals(json);
        TokenBuckets buckets = new TokenBuckets(
                settings.rateLimit().perSecond(), settings.rateLimit().burst(), clock);
        return http.securityMatcher("/api/**", "/actuator/**")
                .authenticationManager(authentication)
                .authorizeHttpRequests(requests -> requests.dispatcherTypeMatchers(DispatcherType.ERROR)
                        .permitAll()
                        .requestMatchers(HttpMethod.GET, "/actuator/health")
                        .permitAll()
                        .requestMatchers("/actuator/**")
                        .hasAnyRole(Role.NOC.name(), Role.ADMIN.name())
                        .anyRequest()
                        .access(AuthorizationManagers.allOf(
                                AuthenticatedAuthorizationManager.authenticated(),
                                AuthorizationManagers.not(AuthorityAuthorizationManager.hasAuthority(
                                        SignedInUser.MUST_CHANGE_PASSWORD)))))
                .csrf(csrf -> csrf.disable())
                .sessionManagement(session -> session.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
                .requestCache(cache -> cache.disable())
                .httpBasic(basic -> basic.authenticationEntryPoint(refusals))
                .addFilterBefore(new BearerTokenFilter(accounts, refused, refusals), BasicAuthenticationFilter.class)
                .addFilterAfter(new RateLimitFilter(buckets, refusals), BasicAuthenticationFilter.class)
                .exceptionHandling(
                        errors -> errors.authenticationEntryPoint(refusals).accessDeniedHandler(refusals))
                .build();
    }

    @Bean
    @Order(2)
    SecurityFilterChain people(HttpSecurity http, AuthenticationManager authentication, Sessions sessions) {
        RequestMatcher staticFiles = request -> request.getServletPath().startsWith("/portledger/");
        return http.authenticationManager(authentication)
                .authorizeHttpRequests(requests -> requests.dispatcherTypeMatchers(DispatcherType.ERROR)
                        .permitAll()
                        .requestMatchers(staticFiles)
                        .permitAll())
                .addFilterAfter(new ForeignLinkFilter(), HeaderWriterFilter.class)
                .sessionManagement(session -> session.addSessionAuthenticationStrategy(sessions))
                .with(
                        VaadinSecurityConfigurer.vaadin(),
                        vaadin -> vaadin.loginView(SignInView.class).addLogoutHandler(sessions))
                .headers(headers -> headers.contentSecurityPolicy(policy -> policy.policyDirectives(CONTENT_POLICY))
                        .frameOptions(frames -> frames.deny())
                        // Questions stand in the URL: other hosts must not learn them.
                        .referrerPolicy(referrer -> referrer.policy(ReferrerPolicy.SAME_ORIGIN))
                        .permissionsPolicyHeader(permissions ->
                                permissions.policy("camera=(), geolocation=(), microphone=(), payment=(), usb=()"))
                        .withObjectPostProcessor(new ObjectPostProcessor<HeaderWriterFilter>() {
                            @Override
                            public <O extends HeaderWriterFilter> O postProcess(O filter) {
                                // Vaadin's pages are committed before the filter would write.
                                filter.setShouldWriteHeadersEagerly(true);
                                return filter;
                            }
                        }))
                .build();
    }
}
