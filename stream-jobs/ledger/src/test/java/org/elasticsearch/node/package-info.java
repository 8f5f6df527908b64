/** A hook into the server's start, which has no public one for class-path use. */
package org.elasticsearch.node;
