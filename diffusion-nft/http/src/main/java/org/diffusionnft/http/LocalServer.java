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

/** The JDK's web server with bounds, a virtual thread for each request. */
public final class LocalServer implements AutoCloseable {
  /** Who only this machine can reach. */
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
   * Bounds of the JDK's server, which has none of its own and reads them when its first class is
   * loaded: the first server of a process decides. Without them, connections that send half a
   * request use up the files that a process may have open, for as long as they like.
   *
   * @param request until one has come
   * @param answer from then until its answer has gone
   */
  public record Bounds(Duration request, Duration answer) {
    private void set() {
      Map.of(
              "sun.net.httpserver.maxReqTime", Long.toString(request.toSeconds()),
              "sun.net.httpserver.maxRspTime", Long.toString(answer.toSeconds()),
              "sun.net.httpserver.timerMillis", "250", // how often both are looked at
              "sun.net.httpserver.clockTick", "500", // how often idle connections are looked at
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
   * Takes a port; nothing is answered before {@link #start}.
   *
   * @param host {@link #THIS_MACHINE}, or a name or an address of this machine by which others
   *     reach it, 0.0.0.0 for all of them
   * @param port 0 for any that is free
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
      // told below, like an address of another machine
    }
    throw new InvalidInputException(
        "--host must be a name or an address of this machine, such as 0.0.0.0 for all of them, not "
            + host);
  }

  /** Answers from now on, all paths by one handler. */
  public void start(HttpHandler handler) {
    server.setExecutor(threads);
    server.createContext("/", handler);
    server.start();
  }

  /** Where it is. */
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

  /**
   * Whether a request calls this server by a name of its own, and comes from no page of another.
   */
  public boolean isMeant(HttpExchange exchange) {
    return hosts.allow(exchange.getRequestURI(), exchange.getRequestHeaders());
  }

  /** Sends an answer; of one to HEAD, only its length. */
  @SuppressWarnings("ThreadPriorityCheck") // on a virtual thread yielding is no hint
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
      // In pieces: the server copies what it is given at once.
      for (int at = 0; at < part.length; at += PIECE) {
        body.write(part, at, Math.min(PIECE, part.length - at));
        // Virtual threads share few cores and only give them up when they wait: others' requests
        // would not be read while large pages go out, and be cut off as if they never came.
        Thread.yield();
      }
    }
  }

  /** Answers no more; what is being answered breaks off. */
  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
