/**
 * How every process reads its settings: one strict YAML file, laid over defaults that document every key, overridden by
 * environment variables, bound to records.
 *
 * <p>{@link io.portledger.settings.Settings#read} is the whole of it.
 */
package io.portledger.settings;
