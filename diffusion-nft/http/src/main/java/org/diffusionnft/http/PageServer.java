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
 * Serves a page and what it asks for. It only answers who calls it by a name of its own (see {@link
 * LocalServer#isMeant}), and only reads.
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
   * What is sent.
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
   * Takes a port; who calls waits until {@link #start}.
   *
   * @param host {@link LocalServer#THIS_MACHINE}, or a name or an address of this machine by which
   *     others reach it, 0.0.0.0 for all of them: whoever can reach that sees the page
   * @param port 0 for any that is free
   * @throws IOException if the port is taken
   * @throws org.diffusionnft.tensor.InvalidInputException if this machine does not have that
   *     address
   */
  public static PageServer bind(String host, int port) throws IOException {
    return new PageServer(LocalServer.bind(host, port, BOUNDS));
  }

  /**
   * Answers from now on.
   *
   * @param policy the page's content security policy: what a browser may run and load of it
   * @param answers by path; null for what there is not
   */
  public PageServer start(String policy, Function<String, @Nullable Answer> answers) {
    server.start(exchange -> answer(exchange, policy, answers));
    return this;
  }

  /** Where it is. */
  public String address() {
    return server.address();
  }

  /** Whether other machines can reach it. */
  public boolean isOpenToOthers() {
    return server.isOpenToOthers();
  }

  /** Serves until the thread is interrupted, which in a program on its own is until it ends. */
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
