package io.portledger.webapp.api;

import io.swagger.v3.oas.annotations.OpenAPIDefinition;
import io.swagger.v3.oas.annotations.enums.SecuritySchemeType;
import io.swagger.v3.oas.annotations.info.Info;
import io.swagger.v3.oas.annotations.security.SecurityRequirement;
import io.swagger.v3.oas.annotations.security.SecurityScheme;
import org.springframework.context.annotation.Configuration;

/** What the OpenAPI document says about the interface as a whole. */
@Configuration
@OpenAPIDefinition(
        info =
                @Info(
                        title = "Portledger",
                        version = "1",
                        description = "Who held a public IPv4 address and port, and when. Every question is audited."),
        security = {@SecurityRequirement(name = "token"), @SecurityRequirement(name = "password")})
@SecurityScheme(name = "token", type = SecuritySchemeType.HTTP, scheme = "bearer")
@SecurityScheme(name = "password", type = SecuritySchemeType.HTTP, scheme = "basic")
class ApiDescription {}
