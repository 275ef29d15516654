package org.diffusionnft.reports;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.diffusionnft.http.LocalServer;

/**
 * Serves the report of runs while they go on. It only answers who calls it by a name of its own
 * (see {@link LocalServer#isMeant}), and only reads.
 */
public final class Dashboard implements AutoCloseable {
  private static final List<String> METHODS = List.of("GET", "HEAD");
  private static final int MOST_ANSWERS = 128;
  private static final LocalServer.Bounds BOUNDS =
      new LocalServer.Bounds(Duration.ofSeconds(2), Duration.ofMinutes(1));

  private final LocalServer server;
  private final SharedPage page;
  private final Queue<HttpExchange> answering = new ConcurrentLinkedQueue<>();

  private Dashboard(LocalServer server, SharedPage page) {
    this.server = server;
    this.page = page;
  }

  /**
   * Starts to serve.
   *
   * @param host {@link LocalServer#THIS_MACHINE}, or a name or an address of this machine by which
   *     others reach it, 0.0.0.0 for all of them: whoever can reach that sees prompts, settings and
   *     pictures
   * @param port 0 for any that is free
   * @throws IOException if a folder holds no run, or the port is taken
   * @throws org.diffusionnft.tensor.InvalidInputException if this machine does not have that
   *     address
   */
  public static Dashboard start(List<Path> runs, String host, int port) throws IOException {
    SharedPage page = new SharedPage(runs);
    Dashboard dashboard = new Dashboard(LocalServer.bind(host, port, BOUNDS), page);
    dashboard.server.start(dashboard::answer);
    return dashboard;
  }

  /** Where it is. */
  public String address() {
    return server.address();
  }

  /** Whether other machines can reach it. */
  public boolean isOpenToOthers() {
    return server.isOpenToOthers();
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
      } else if (!server.isMeant(exchange)) {
        exchange.sendResponseHeaders(421, -1);
      } else {
        switch (exchange.getRequestURI().getPath()) {
          case "/" -> LocalServer.send(exchange, 200, "text/html; charset=utf-8", page.html());
          case "/data.json" ->
              LocalServer.send(exchange, 200, "application/json", List.of(page.data()));
          default -> exchange.sendResponseHeaders(404, -1);
        }
      }
    } catch (IOException e) {
      // the reader has gone
    } finally {
      answering.remove(exchange);
    }
  }

  @Override
  public void close() {
    server.close();
  }
}
