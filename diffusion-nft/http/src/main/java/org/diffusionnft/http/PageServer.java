package org.diffusionnft.http;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Serves a page and its resources, read-only. It only answers requests that name this server (see
 * {@link LocalServer#isMeant}).
 */
public final class PageServer implements AutoCloseable {
  private static final List<String> METHODS = List.of("GET", "HEAD");
  private static final int MOST_ANSWERS = 128;
  private static final LocalServer.Bounds BOUNDS =
      new LocalServer.Bounds(Duration.ofSeconds(2), Duration.ofMinutes(1));

  private final LocalServer server;
  private final Queue<HttpExchange> answering = new ConcurrentLinkedQueue<>();

  private PageServer(LocalServer server) {
    this.server = server;
  }

  /**
   * The content of an answer.
   *
   * @param type its media type
   * @param parts its bytes
   */
  public record Answer(String type, List<byte[]> parts) {
    /** A page. */
    public static Answer page(List<byte[]> parts) {
      return new Answer("text/html; charset=utf-8", parts);
    }
  }

  /**
   * Binds a port; clients wait until {@link #start}.
   *
   * @param host {@link LocalServer#THIS_MACHINE}, or a name or address of this machine for access
   *     by others, 0.0.0.0 for all: anyone who can reach it sees the page
   * @param port 0 for any free one
   * @throws IOException if the port is taken
   * @throws org.diffusionnft.tensor.InvalidInputException if this machine does not have that
   *     address
   */
  public static PageServer bind(String host, int port) throws IOException {
    return new PageServer(LocalServer.bind(host, port, BOUNDS));
  }

  /**
   * Starts answering.
   *
   * @param policy the page's content security policy: what a browser may run and load from it
   * @param answers by path; null for unknown paths
   */
  public PageServer start(String policy, Function<String, @Nullable Answer> answers) {
    server.start(exchange -> answer(exchange, policy, answers));
    return this;
  }

  /** Its address. */
  public String address() {
    return server.address();
  }

  /** Whether other machines can reach it. */
  public boolean isOpenToOthers() {
    return server.isOpenToOthers();
  }

  /** Serves until the thread is interrupted; in a program of its own, until that ends. */
  public void await() {
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void answer(
      HttpExchange exchange, String policy, Function<String, @Nullable Answer> answers) {
    answering.add(exchange);
    if (answering.size() > MOST_ANSWERS) {
      HttpExchange oldest = answering.poll();
      if (oldest != null) {
        oldest.close(); // a client that does not read its answer makes way
      }
    }
    try (exchange) {
      Headers headers = exchange.getResponseHeaders();
      headers.set("Cache-Control", "no-store");
      headers.set("X-Content-Type-Options", "nosniff");
      headers.set("Referrer-Policy", "no-referrer");
      headers.set("Cross-Origin-Resource-Policy", "same-origin");
      headers.set(
          "Content-Security-Policy", policy + "; form-action 'none'; frame-ancestors 'none'");
      if (!METHODS.contains(exchange.getRequestMethod())) {
        headers.set("Allow", String.join(", ", METHODS));
        exchange.sendResponseHeaders(405, -1);
      } else if (!server.isMeant(exchange)) {
        exchange.sendResponseHeaders(421, -1);
      } else {
        Answer answer = answers.apply(exchange.getRequestURI().getPath());
        if (answer == null) {
          exchange.sendResponseHeaders(404, -1);
        } else {
          LocalServer.send(exchange, 200, answer.type, answer.parts);
        }
      }
    } catch (IOException e) {
      // the client has disconnected
    } finally {
      answering.remove(exchange);
    }
  }

  @Override
  public void close() {
    server.close();
  }
}
