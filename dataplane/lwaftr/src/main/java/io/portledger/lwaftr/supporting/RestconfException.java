package io.portledger.lwaftr.supporting;

import java.util.List;
import java.util.Map;

/** A request that is answered by errors (RFC 8040 §7.1). */
final class RestconfException extends Exception {

    private static final long serialVersionUID = 1L;

    private final int status;
    private final transient List<Fault> faults;
    private final transient Map<String, String> headers;

    /**
     * One entry of {@code ietf-restconf:errors}.
     *
     * @param type transport, rpc, protocol or application
     * @param tag an error-tag of RFC 8040 §7
     * @param path the instance identifier (RFC 7951 §6.11) of what is wrong; empty: none
     */
    record Fault(String type, String tag, String path, String message) {}

    RestconfException(int status, List<Fault> faults, Map<String, String> headers) {
        super(faults.getFirst().message());
        this.status = status;
        this.faults = List.copyOf(faults);
        this.headers = Map.copyOf(headers);
    }

    /** One error of type protocol or, where the data are at fault, application. */
    static RestconfException of(int status, String tag, String path, String message) {
        String type = status == 409 ? "application" : "protocol";
        return new RestconfException(status, List.of(new Fault(type, tag, path, message)), Map.of());
    }

    /** The HTTP status. */
    int status() {
        return status;
    }

    /** At least one. */
    List<Fault> faults() {
        return faults;
    }

    /** Header fields that the answer needs. */
    Map<String, String> headers() {
        return headers;
    }
}
