package io.portledger.lwaftr;

import io.portledger.lwaftr.forwarding.BindingVolume;
import io.portledger.softwire.Binding;
import org.jspecify.annotations.Nullable;

/**
 * What a binding carried in a time. The times of a binding follow one another without gaps for traffic, so that the sum of
 * the volumes is everything that it carried.
 *
 * @param fromMillis beginning, in milliseconds since 1970
 * @param toMillis end, not included; later than the beginning
 * @param binding the binding
 * @param serviceClass of its public address; null: of none
 * @param volume what passed through it in that time only
 * @param portsInUse at least so many of its ports were in use; 0 if none was seen
 */
public record BindingUsage(
        long fromMillis,
        long toMillis,
        Binding binding,
        @Nullable String serviceClass,
        BindingVolume volume,
        int portsInUse) {}
