package org.diffusionnft.rewards.service;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** A service on this machine that fails as often as asked, then answers. */
final class FakeService implements AutoCloseable {
  final List<String> requests = new CopyOnWriteArrayList<>();
  final List<Long> times = new CopyOnWriteArrayList<>();
  final List<String> keys = new CopyOnWriteArrayList<>();
  private final AtomicInteger atOnce = new AtomicInteger();
  private final AtomicInteger mostAtOnce = new AtomicInteger();
  private final HttpServer server;

  /** What a request gets. */
  interface Answer {
    /** Status and body for request number {@code n}, from 0. */
    Reply to(int n, String request) throws InterruptedException;
  }

  /** Status, body, and what {@code Retry-After} says. */
  record Reply(int status, String body, String retryAfter) {
    static Reply ok(String body) {
      return new Reply(200, body, "");
    }
  }

  FakeService(Answer answer) throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newCachedThreadPool());
    AtomicInteger count = new AtomicInteger();
    server.createContext(
        "/",
        exchange -> {
          String request =
              new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
          times.add(System.nanoTime());
          requests.add(request);
          keys.add(String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
          mostAtOnce.accumulateAndGet(atOnce.incrementAndGet(), Math::max);
          try {
            Reply reply = answer.to(count.getAndIncrement(), request);
            if (!reply.retryAfter().isEmpty()) {
              exchange.getResponseHeaders().set("Retry-After", reply.retryAfter());
            }
            byte[] body = reply.body().getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(reply.status(), body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          } catch (IOException e) {
            // the client has gone, which some tests want
          } finally {
            atOnce.decrementAndGet();
            exchange.close();
          }
        });
    server.start();
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  int mostAtOnce() {
    return mostAtOnce.get();
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
