package org.diffusionnft.reports;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.diffusionnft.tensor.InvalidInputException;

/**
 * Serves the report of runs while they go on. It only answers who calls it by a name of its own
 * (see {@link AllowedHosts}), and only reads.
 */
public final class Dashboard implements AutoCloseable {
  /** Who only this machine can reach. */
  public static final String THIS_MACHINE = "127.0.0.1";

  private static final List<String> METHODS = List.of("GET", "HEAD");
  private static final int BACKLOG = 1024; // connections that wait until they are accepted
  private static final int PIECE = 16 << 10;
  private static final int MOST_ANSWERS = 128;

  /**
   * Bounds of the JDK's server, which has none of its own and reads them when its first class is
   * loaded. Without them, connections that send half a request use up the files that a process may
   * have open, for as long as they like.
   */
  private static final Map<String, String> BOUNDS =
      Map.of(
          "sun.net.httpserver.maxReqTime", "2", // seconds until a request has come
          "sun.net.httpserver.maxRspTime", "60", // seconds until an answer has gone
          "sun.net.httpserver.timerMillis", "250", // how often both are looked at
          "sun.net.httpserver.clockTick", "500", // how often idle connections are looked at
          "sun.net.httpserver.maxReqHeaderSize", "32768");

  static {
    BOUNDS.forEach(
        (name, value) -> {
          if (System.getProperty(name) == null) {
            System.setProperty(name, value);
          }
        });
  }

  private final HttpServer server;
  private final AllowedHosts hosts;
  private final SharedPage page;
  private final Queue<HttpExchange> answering = new ConcurrentLinkedQueue<>();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  private Dashboard(HttpServer server, AllowedHosts hosts, SharedPage page) {
    this.server = server;
    this.hosts = hosts;
    this.page = page;
  }

  /**
   * Starts to serve.
   *
   * @param host {@link #THIS_MACHINE}, or a name or an address of this machine by which others
   *     reach it, 0.0.0.0 for all of them: whoever can reach that sees prompts, settings and
   *     pictures
   * @param port 0 for any that is free
   * @throws IOException if a folder holds no run, or the port is taken
   * @throws InvalidInputException if this machine does not have that address
   */
  public static Dashboard start(List<Path> runs, String host, int port) throws IOException {
    InetAddress address = address(host);
    SharedPage page = new SharedPage(runs);
    HttpServer server;
    try {
      server = HttpServer.create(new InetSocketAddress(address, port), BACKLOG);
    } catch (BindException e) {
      throw new IOException(
          "port " + port + " is taken: choose another with --port, or 0 for any that is free", e);
    }
    Dashboard dashboard = new Dashboard(server, new AllowedHosts(host, address), page);
    server.setExecutor(dashboard.threads);
    server.createContext("/", dashboard::answer);
    server.start();
    return dashboard;
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

  private void answer(HttpExchange exchange) {
    answering.add(exchange);
    if (answering.size() > MOST_ANSWERS) {
      HttpExchange oldest = answering.poll();
      if (oldest != null) {
        oldest.close(); // who does not read its answer makes room
      }
    }
    try (exchange) {
      Headers headers = exchange.getResponseHeaders();
      headers.set("Cache-Control", "no-store");
      headers.set("X-Content-Type-Options", "nosniff");
      headers.set("Referrer-Policy", "no-referrer");
      headers.set("Cross-Origin-Resource-Policy", "same-origin");
      headers.set(
          "Content-Security-Policy",
          page.policy() + "; form-action 'none'; frame-ancestors 'none'");
      if (!METHODS.contains(exchange.getRequestMethod())) {
        headers.set("Allow", String.join(", ", METHODS));
        exchange.sendResponseHeaders(405, -1);
      } else if (!hosts.allow(exchange.getRequestURI(), exchange.getRequestHeaders())) {
        exchange.sendResponseHeaders(421, -1);
      } else {
        switch (exchange.getRequestURI().getPath()) {
          case "/" -> send(exchange, "text/html; charset=utf-8", page.html());
          case "/data.json" -> send(exchange, "application/json", List.of(page.data()));
          default -> exchange.sendResponseHeaders(404, -1);
        }
      }
    } catch (IOException e) {
      // the reader has gone
    } finally {
      answering.remove(exchange);
    }
  }

  private static void send(HttpExchange exchange, String type, List<byte[]> parts)
      throws IOException {
    long length = parts.stream().mapToLong(part -> part.length).sum();
    exchange.getResponseHeaders().set("Content-Type", type);
    if (exchange.getRequestMethod().equals("HEAD")) {
      exchange.getResponseHeaders().set("Content-Length", Long.toString(length));
      exchange.sendResponseHeaders(200, -1);
      return;
    }
    exchange.sendResponseHeaders(200, length);
    OutputStream body = exchange.getResponseBody();
    for (byte[] part : parts) {
      // In pieces: the server copies what it is given at once.
      for (int at = 0; at < part.length; at += PIECE) {
        body.write(part, at, Math.min(PIECE, part.length - at));
      }
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
