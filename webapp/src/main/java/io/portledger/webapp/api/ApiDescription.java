package io.portledger.webapp.api;

import io.swagger.v3.oas.annotations.OpenAPIDefinition;
import io.swagger.v3.oas.annotations.enums.SecuritySchemeType;
import io.swagger.v3.oas.annotations.info.Info;
import io.swagger.v3.oas.annotations.security.SecurityRequirement;
import io.swagger.v3.oas.annotations.security.SecurityScheme;
import io.swagger.v3.oas.models.media.Content;
import io.swagger.v3.oas.models.responses.ApiResponse;
import org.springdoc.core.customizers.OpenApiCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.MediaType;

/** What the OpenAPI document says about the interface as a whole. */
@Configuration
@OpenAPIDefinition(
        info =
                @Info(
                        title = "Portledger",
                        version = "1",
                        description = "Who held a public IPv4 address and port, and when. Every question is audited."),
        security = {@SecurityRequirement(name = "token"), @SecurityRequirement(name = "password")})
@SecurityScheme(
        name = "token",
        type = SecuritySchemeType.HTTP,
        scheme = "bearer",
        description =
                "An API token. Users make them in the view Account; each has scopes, which are roles, and an expiry."
                        + " Look-ups and accounts need LI_OFFICER or ANALYST, other statistics one of these or NOC.")
@SecurityScheme(
        name = "password",
        type = SecuritySchemeType.HTTP,
        scheme = "basic",
        description = "Name and password of a user, with all of the user's roles. Slow, on purpose.")
class ApiDescription {

    /** What every operation may answer, said once. */
    @Bean
    OpenApiCustomizer refusals() {
        return document -> document.getPaths()
                .values()
                .forEach(path -> path.readOperations()
                        .forEach(operation -> operation
                                .getResponses()
                                .addApiResponse("401", problem("No credentials, or wrong, expired or void ones"))
                                .addApiResponse(
                                        "403",
                                        problem("The user or the token lacks the role, or the password must be"
                                                + " changed first"))
                                .addApiResponse(
                                        "429",
                                        problem("Too many requests: Retry-After tells how many seconds to wait"))));
    }

    private static ApiResponse problem(String description) {
        return new ApiResponse()
                .description(description)
                .content(new Content()
                        .addMediaType(
                                MediaType.APPLICATION_PROBLEM_JSON_VALUE,
                                new io.swagger.v3.oas.models.media.MediaType()));
    }
}
