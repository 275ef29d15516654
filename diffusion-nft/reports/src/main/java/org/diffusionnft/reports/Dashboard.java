package org.diffusionnft.reports;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Serves the report of runs while they go on, to this machine only. */
public final class Dashboard implements AutoCloseable {
  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final List<Path> runs;

  private Dashboard(HttpServer server, List<Path> runs) {
    this.server = server;
    this.runs = runs;
  }

  /**
   * Starts to serve.
   *
   * @param port 0 for any that is free
   * @throws IOException if a folder holds no run, or the port is taken
   */
  public static Dashboard start(List<Path> runs, int port) throws IOException {
    ReportPage.data(runs);
    HttpServer server;
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
    } catch (BindException e) {
      throw new IOException(
          "port " + port + " is taken: choose another with --port, or 0 for any that is free", e);
    }
    Dashboard dashboard = new Dashboard(server, List.copyOf(runs));
    server.setExecutor(dashboard.threads);
    server.createContext("/", dashboard::answer);
    server.start();
    return dashboard;
  }

  /** Where it is. */
  public String address() {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/";
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath();
      switch (path) {
        case "/" -> page(exchange);
        case "/data.json" -> send(exchange, "application/json", ReportPage.data(runs).toString());
        default -> exchange.sendResponseHeaders(404, -1);
      }
    } catch (IOException | RuntimeException e) {
      // the reader has gone, or a file of the run is just being written: the next poll asks again
      exchange.close();
    }
  }

  private void page(HttpExchange exchange) throws IOException {
    send(exchange, "text/html; charset=utf-8", ReportPage.html(runs, true));
  }

  private static void send(HttpExchange exchange, String type, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", type);
    exchange.getResponseHeaders().set("Cache-Control", "no-store");
    exchange.sendResponseHeaders(200, bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
