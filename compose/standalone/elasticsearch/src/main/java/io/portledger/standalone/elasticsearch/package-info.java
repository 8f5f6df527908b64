/** An Elasticsearch node in one process, for one machine: the server from Maven Central, without a distribution. */
package io.portledger.standalone.elasticsearch;
