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
 * The host names that a server accepts. The owner of a domain can point its name at this machine
 * (DNS rebinding): a browser would then let that owner's page read our answers as its own. So only
 * names that no stranger can own are accepted: this machine's, the one it was started with, and
 * numeric addresses.
 */
final class AllowedHosts {
  private final Set<String> names = new HashSet<>(Set.of("localhost"));
  private final boolean beyondLoopback;

  /**
   * The names of a server.
   *
   * @param host the name or address that it was started with
   * @param address the address that {@code host} resolves to
   */
  AllowedHosts(String host, InetAddress address) {
    beyondLoopback = !address.isLoopbackAddress();
    if (beyondLoopback) {
      names.add(host.toLowerCase(Locale.ROOT));
      try {
        names.add(InetAddress.getLocalHost().getHostName().toLowerCase(Locale.ROOT));
      } catch (UnknownHostException e) {
        // A machine without a name: only its addresses remain.
      }
    }
  }

  /** Whether a request is meant for this server, and not sent by another server's page. */
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
