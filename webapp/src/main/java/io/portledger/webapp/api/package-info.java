/** The REST interface, version 1. Its field names are a contract: they are added to, never renamed. */
package io.portledger.webapp.api;
