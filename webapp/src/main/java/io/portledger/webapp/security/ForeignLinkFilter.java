package io.portledger.webapp.security;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.springframework.http.MediaType;
import org.springframework.web.filter.OncePerRequestFilter;
import org.springframework.web.util.HtmlUtils;

/**
 * Asks for a click when a link on another site leads to a question.
 *
 * <p>The session cookie does not come with requests that other sites cause, so that none of them can make a signed-in
 * user ask. Without this page such a link would look like a visit by somebody new: it would ask to sign in again and end
 * the user's session in the other tabs. A click on the page comes from this site, and brings the cookie.
 */
final class ForeignLinkFilter extends OncePerRequestFilter {

    private static final String PAGE = """
            <!doctype html>
            <html lang="en">
            <head><meta charset="utf-8"><title>Open the question – Portledger</title>
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <link rel="icon" href="/portledger/icon.svg">
            <link rel="stylesheet" href="/portledger/portledger.css"></head>
            <body class="foreign-link"><main>
            <h1>Open this question?</h1>
            <p>A link on another site leads here. Opening it asks the question under your name, and it is audited.</p>
            <p><a href="LINK" autofocus>Open the question</a></p>
            </main></body></html>
            """;

    @Override
    protected boolean shouldNotFilter(HttpServletRequest request) {
        return !("GET".equals(request.getMethod())
                && "/".equals(request.getRequestURI())
                && request.getQueryString() != null
                && "cross-site".equals(request.getHeader("Sec-Fetch-Site"))
                && "navigate".equals(request.getHeader("Sec-Fetch-Mode")));
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        response.setContentType(MediaType.TEXT_HTML_VALUE);
        response.setCharacterEncoding(StandardCharsets.UTF_8.name());
        response.getWriter().write(PAGE.replace("LINK", HtmlUtils.htmlEscape("/?" + request.getQueryString())));
    }
}
