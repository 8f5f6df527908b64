package io.portledger.standalone;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/** What somebody must know who has just started an installation. */
final class Welcome {

    private Welcome() {}

    static List<String> lines(Standalone standalone) {
        List<String> lines = new ArrayList<>();
        lines.add("");
        lines.add("Web application  " + standalone.web());
        lines.add("Sign in          operator"
                + standalone
                        .firstPassword()
                        .map(password ->
                                " / " + password + "   (shown this once; choose another one at the first sign-in)")
                        .orElse(", with the password of the first start"));
        lines.add("IPFIX            " + text(standalone.ipfix()) + " UDP");
        lines.add("Syslog           " + text(standalone.syslog()) + " UDP and TCP");
        lines.add("Flink            " + standalone.flink());
        lines.add("Data and logs    " + standalone.dataDirectory());
        lines.add("Resident memory  %.1f GB".formatted(standalone.residentBytes() / 1e9));
        return lines;
    }

    private static String text(InetSocketAddress address) {
        return address.getAddress().getHostAddress() + " port " + address.getPort();
    }
}
