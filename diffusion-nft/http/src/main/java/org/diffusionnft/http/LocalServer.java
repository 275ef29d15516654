package org.diffusionnft.http;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.diffusionnft.tensor.InvalidInputException;

/** The JDK's web server with time limits and a virtual thread for each request. */
public final class LocalServer implements AutoCloseable {
  /** The address that only this machine can reach. */
  public static final String THIS_MACHINE = "127.0.0.1";

  private static final int LARGEST_PORT = 65_535;
  private static final int BACKLOG = 1024; // connections that wait until they are accepted
  private static final int PIECE = 16 << 10;

  private final HttpServer server;
  private final AllowedHosts hosts;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  private LocalServer(HttpServer server, AllowedHosts hosts) {
    this.server = server;
    this.hosts = hosts;
  }

  /**
   * Time limits of the JDK's server, which has none by default and reads them when its first class
   * is loaded, so the first server of a process decides. Without them, connections that send half a
   * request could use up all file descriptors of a process indefinitely.
   *
   * @param request time until a request has arrived
   * @param answer time from then until its answer has been sent
   */
  public record Bounds(Duration request, Duration answer) {
    private void set() {
      Map.of(
              "sun.net.httpserver.maxReqTime", Long.toString(request.toSeconds()),
              "sun.net.httpserver.maxRspTime", Long.toString(answer.toSeconds()),
              "sun.net.httpserver.timerMillis", "250", // how often both are checked
              "sun.net.httpserver.clockTick", "500", // how often idle connections are checked
              "sun.net.httpserver.maxReqHeaderSize", "32768")
          .forEach(
              (name, value) -> {
                if (System.getProperty(name) == null) {
                  System.setProperty(name, value);
                }
              });
    }
  }

  /**
   * Binds a port; requests are not answered before {@link #start}.
   *
   * @param host {@link #THIS_MACHINE}, or a name or address of this machine for access by others,
   *     0.0.0.0 for all
   * @param port 0 for any free one
   * @throws IOException if the port is taken
   * @throws InvalidInputException if this machine does not have that address
   */
  public static LocalServer bind(String host, int port, Bounds bounds) throws IOException {
    if (port < 0 || port > LARGEST_PORT) {
      throw new InvalidInputException("--port must be 0 to 65535, not " + port);
    }
    InetAddress address = address(host);
    bounds.set();
    try {
      return new LocalServer(
          HttpServer.create(new InetSocketAddress(address, port), BACKLOG),
          new AllowedHosts(host, address));
    } catch (BindException e) {
      throw new IOException(
          "port " + port + " is taken: choose another with --port, or 0 for any that is free", e);
    }
  }

  private static InetAddress address(String host) throws IOException {
    try {
      InetAddress address = InetAddress.getByName(host);
      if (address.isAnyLocalAddress() || NetworkInterface.getByInetAddress(address) != null) {
        return address;
      }
    } catch (UnknownHostException e) {
      // reported below, like an address of another machine
    }
    throw new InvalidInputException(
        "--host must be a name or an address of this machine, such as 0.0.0.0 for all of them, not "
            + host);
  }

  /** Starts answering, all paths with one handler. */
  public void start(HttpHandler handler) {
    server.setExecutor(threads);
    server.createContext("/", handler);
    server.start();
  }

  /** Its address. */
  public String address() {
    InetAddress address = server.getAddress().getAddress();
    String host = address.isAnyLocalAddress() ? THIS_MACHINE : address.getHostAddress();
    String written = host.contains(":") ? "[" + host + "]" : host;
    return "http://" + written + ":" + server.getAddress().getPort() + "/";
  }

  /** Whether other machines can reach it. */
  public boolean isOpenToOthers() {
    return !server.getAddress().getAddress().isLoopbackAddress();
  }

  /** Whether a request names this server, and was not sent by another server's page. */
  public boolean isMeant(HttpExchange exchange) {
    return hosts.allow(exchange.getRequestURI(), exchange.getRequestHeaders());
  }

  /** Sends an answer; for HEAD, only its length. */
  @SuppressWarnings("ThreadPriorityCheck") // on a virtual thread, yielding is reliable
  public static void send(HttpExchange exchange, int status, String type, List<byte[]> parts)
      throws IOException {
    long length = parts.stream().mapToLong(part -> part.length).sum();
    exchange.getResponseHeaders().set("Content-Type", type);
    if (exchange.getRequestMethod().equals("HEAD")) {
      exchange.getResponseHeaders().set("Content-Length", Long.toString(length));
      exchange.sendResponseHeaders(status, -1);
      return;
    }
    exchange.sendResponseHeaders(status, length == 0 ? -1 : length);
    OutputStream body = exchange.getResponseBody();
    for (byte[] part : parts) {
      // In pieces, since the server copies each write as a whole.
      for (int at = 0; at < part.length; at += PIECE) {
        body.write(part, at, Math.min(PIECE, part.length - at));
        // Virtual threads share few cores and yield only when they wait: other requests would not
        // be read while large pages are sent, and would time out as if they had never arrived.
        Thread.yield();
      }
    }
  }

  /** Stops the server; answers in progress are cut off. */
  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
