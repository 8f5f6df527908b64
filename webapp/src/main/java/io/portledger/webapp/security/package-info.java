/** Users, API tokens, sign-in and what each may do. */
package io.portledger.webapp.security;
