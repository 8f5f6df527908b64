package io.portledger.packet;

import java.io.IOException;

/** A capture file that is none, or is broken; the message says where. */
public final class CaptureFormatException extends IOException {

    CaptureFormatException(String message) {
        super(message);
    }
}
