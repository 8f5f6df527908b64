/** A hook into the server's plugin loading, which has no public one. */
package org.elasticsearch.plugins;
