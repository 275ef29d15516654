package org.diffusionnft.http;

import com.sun.net.httpserver.Headers;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Which names a server may be called by. A browser obeys the owner of a domain who lets its name
 * lead to this machine (DNS rebinding): to that owner's page our answers would then be its own. So
 * only names count that no stranger can own: this machine's, the one that it was started with, and
 * addresses written as numbers.
 */
final class AllowedHosts {
  private final Set<String> names = new HashSet<>(Set.of("localhost"));
  private final boolean beyondLoopback;

  /**
   * The names of a server.
   *
   * @param host what it was started with: a name or an address
   * @param address what {@code host} leads to
   */
  AllowedHosts(String host, InetAddress address) {
    beyondLoopback = !address.isLoopbackAddress();
    if (beyondLoopback) {
      names.add(host.toLowerCase(Locale.ROOT));
      try {
        names.add(InetAddress.getLocalHost().getHostName().toLowerCase(Locale.ROOT));
      } catch (UnknownHostException e) {
        // A machine without a name: its addresses are left.
      }
    }
  }

  /** Whether a request came for this server, and from no page of another. */
  boolean allow(URI uri, Headers request) {
    List<String> hosts = request.getOrDefault("Host", List.of());
    boolean forAProxy = uri.getRawAuthority() != null;
    if (forAProxy || hosts.size() != 1 || !known(hosts.getFirst())) {
      return false;
    }
    String own = "http://" + hosts.getFirst();
    return request.getOrDefault("Origin", List.of()).stream().allMatch(own::equalsIgnoreCase);
  }

  private boolean known(String hostAndPort) {
    String host = hostAndPort.replaceFirst(":\\d*$", "").toLowerCase(Locale.ROOT);
    if (names.contains(host)) {
      return true;
    }
    try {
      InetAddress address = InetAddress.ofLiteral(host.replaceAll("^\\[|]$", ""));
      return beyondLoopback || address.isLoopbackAddress();
    } catch (IllegalArgumentException e) {
      return false; // a name
    }
  }
}
