package io.portledger.lwaftr.provisioning;

import io.portledger.softwire.Binding;

/**
 * A binding without an end of its own, by somebody's decision and not by the lwB4's asking.
 *
 * @param binding the binding
 * @param origin whose decision it is
 */
public record Assignment(Binding binding, Origin origin) {}
