package org.diffusionnft.reports;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.diffusionnft.http.LocalServer;
import org.diffusionnft.http.PageServer;
import org.diffusionnft.tensor.InvalidInputException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The dashboard as strangers and attackers meet it: with every byte of a request chosen. */
@Tag("slow")
class DashboardTest {
  private static final int PATIENCE = 20_000; // milliseconds

  @TempDir private Path temp;
  private Path run;
  private PageServer dashboard;
  private int port;

  @BeforeEach
  void start() throws IOException {
    run = SmallRun.write(temp.resolve("run"));
    dashboard = Dashboard.start(List.of(run), LocalServer.THIS_MACHINE, 0);
    port = URI.create(dashboard.address()).getPort();
  }

  @AfterEach
  void stop() {
    dashboard.close();
  }

  @Test
  void answersThoseWhoCallItByName() throws IOException {
    for (String host : List.of("127.0.0.1:" + port, "localhost", "LOCALHOST:1", "[::1]:" + port)) {
      assertEquals(200, status(get("/", host)), host);
      assertTrue(get("/data.json", host).contains("\"prompt\":\"a cat\""), host);
    }
    assertEquals(404, status(get("/secret", "localhost")));
  }

  /** A browser that was led here by a stranger's name says that name. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "evil.example",
        "evil.example:80",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "127.0.0.1@evil.example",
        "192.0.2.1",
        "0.0.0.0",
        "127.0.0.1:x",
        "[::1",
        ""
      })
  void refusesForeignNames(String host) throws IOException {
    assertEquals(421, status(get("/data.json", host)));
  }

  @Test
  void refusesRequestsWithoutOneName() throws IOException {
    assertEquals(421, status(ask("GET /data.json HTTP/1.0\r\n\r\n")));
    assertEquals(
        421,
        status(ask("GET /data.json HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n")));
    assertEquals(
        421, status(ask("GET http://evil.example/data.json HTTP/1.1\r\nHost: localhost\r\n\r\n")));
  }

  @Test
  void refusesPagesOfOthers() throws IOException {
    String asked = "GET /data.json HTTP/1.1\r\nConnection: close\r\nHost: localhost:1\r\nOrigin: ";
    assertEquals(200, status(ask(asked + "http://localhost:1\r\n\r\n")));
    assertEquals(421, status(ask(asked + "http://evil.example\r\n\r\n")));
    assertEquals(421, status(ask(asked + "http://localhost:2\r\n\r\n")));
    assertEquals(421, status(ask(asked + "null\r\n\r\n")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"POST", "PUT", "DELETE", "TRACE", "OPTIONS", "PATCH", "FOO", "get", "GE"})
  void onlyReads(String method) throws IOException {
    String answer =
        ask(method + " /data.json HTTP/1.1\r\nConnection: close\r\nHost: localhost\r\n\r\n");
    assertEquals(405, status(answer));
    assertTrue(answer.contains("\r\nAllow: GET, HEAD\r\n"), answer);
    assertFalse(answer.contains("a cat"), answer);
  }

  @Test
  void headIsGetWithoutTheBody() throws IOException {
    String got = get("/data.json", "localhost");
    String head = ask("HEAD /data.json HTTP/1.1\r\nConnection: close\r\nHost: localhost\r\n\r\n");
    assertEquals(200, status(head));
    int length = got.length() - got.indexOf("\r\n\r\n") - 4;
    assertTrue(head.toLowerCase(java.util.Locale.ROOT).contains("content-length: " + length), head);
    assertTrue(head.endsWith("\r\n\r\n"), head);
  }

  @Test
  void browsersAreToldToRunAndLoadNothingElse() throws IOException {
    for (String path : List.of("/", "/data.json", "/secret")) {
      String answer = get(path, "localhost");
      String head = answer.substring(0, answer.indexOf("\r\n\r\n"));
      for (String line :
          List.of(
              "X-content-type-options: nosniff",
              "Referrer-policy: no-referrer",
              "Cache-control: no-store",
              "Cross-origin-resource-policy: same-origin",
              "Content-security-policy: default-src 'none'; script-src 'sha256-")) {
        assertTrue(head.contains(line), line + " is not in " + head);
      }
      assertTrue(head.contains("frame-ancestors 'none'"), head);
      assertFalse(head.contains("unsafe"), head);
    }
  }

  /** Half a request, or none, holds a connection for seconds only, and nobody else meanwhile. */
  @Test
  void halfRequestsKeepNobodyOut() throws Exception {
    List<Socket> half = new ArrayList<>();
    try {
      for (int i = 0; i < 300; i++) {
        Socket socket = new Socket("127.0.0.1", port);
        half.add(socket);
        socket.setSoTimeout(PATIENCE);
        if (i % 3 > 0) {
          String part = i % 3 == 1 ? "GET /data.json HTTP/1.1\r\nHost: lo" : "G";
          socket.getOutputStream().write(part.getBytes(ISO_8859_1));
        }
      }
      assertEquals(200, status(get("/", "localhost")));
      for (Socket socket : half) {
        assertEquals(-1, readOrClosed(socket), "still open");
      }
    } finally {
      for (Socket socket : half) {
        socket.close();
      }
    }
  }

  private static int readOrClosed(Socket socket) {
    try {
      return socket.getInputStream().read();
    } catch (java.net.SocketTimeoutException e) {
      return 0;
    } catch (IOException e) {
      return -1; // reset
    }
  }

  /** A page of many megabytes is built once, whoever asks, and is in memory once. */
  @Test
  void manyAskForALargePageAtOnce() throws Exception {
    Files.writeString(run.resolve("config.yaml"), "# " + "x".repeat(20 << 20) + "\n");
    List<Socket> unread = new ArrayList<>();
    try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      // More than may be answered at once, and they read nothing: the first ones make room.
      for (int i = 0; i < 200; i++) {
        Socket socket = new Socket("127.0.0.1", port);
        unread.add(socket);
        socket
            .getOutputStream()
            .write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(ISO_8859_1));
      }
      List<Future<Integer>> lengths = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        lengths.add(clients.submit(() -> length("/data.json")));
      }
      Set<Integer> found = new java.util.HashSet<>();
      for (Future<Integer> length : lengths) {
        found.add(length.get());
      }
      assertEquals(1, found.size(), found.toString());
      assertTrue(found.iterator().next() > 20 << 20, found.toString());
    } finally {
      for (Socket socket : unread) {
        socket.close();
      }
    }
  }

  /** A browser's many windows, or a script: all are answered, none is reset. */
  @Test
  void aHundredAtOnceAreAllAnswered() throws Exception {
    Files.writeString(run.resolve("config.yaml"), "# " + "x".repeat(15 << 20) + "\n");
    CountDownLatch together = new CountDownLatch(1);
    List<Future<Integer>> lengths = new ArrayList<>();
    try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 100; i++) {
        lengths.add(
            clients.submit(
                () -> {
                  together.await();
                  return length("/");
                }));
      }
      together.countDown();
      for (Future<Integer> length : lengths) {
        assertTrue(length.get() > 15 << 20, "a page was cut short");
      }
    }
  }

  private int length(String path) throws IOException {
    try (Socket socket = new Socket("127.0.0.1", port)) {
      socket.setSoTimeout(PATIENCE);
      socket
          .getOutputStream()
          .write(
              ("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                  .getBytes(ISO_8859_1));
      byte[] piece = new byte[1 << 16];
      int length = 0;
      InputStream stream = socket.getInputStream();
      for (int read = stream.read(piece); read >= 0; read = stream.read(piece)) {
        length += read;
      }
      return length;
    }
  }

  @Test
  void followsTheRunAndOutlivesATornFile() throws IOException, ExecutionException {
    Path metrics = run.resolve("metrics.jsonl");
    String before = Files.readString(metrics);
    Files.writeString(metrics, before + "{\"epoch\":2,\"reward\":0.75}\n");
    assertTrue(get("/data.json", "localhost").contains("0.75"));
    Files.writeString(metrics, "no JSON\n" + before);
    assertTrue(get("/data.json", "localhost").contains("0.75"), "what was built before is shown");
    Files.writeString(metrics, before + "{\"epoch\":2,\"reward\":0.875}\n");
    assertTrue(get("/data.json", "localhost").contains("0.875"));
  }

  @Test
  void othersComeByAddressOrByTheNameThatWasGiven() throws IOException {
    dashboard.close();
    dashboard = Dashboard.start(List.of(run), "0.0.0.0", 0);
    port = URI.create(dashboard.address()).getPort();
    assertTrue(dashboard.isOpenToOthers());
    assertEquals("http://127.0.0.1:" + port + "/", dashboard.address());
    for (String host : List.of("127.0.0.1:80", "192.0.2.1:80", "[2001:db8::1]:80", "localhost")) {
      assertEquals(200, status(get("/data.json", host)), host);
    }
    assertEquals(421, status(get("/data.json", "evil.example")));
  }

  @Test
  void anAddressOfAnotherMachineIsRefused() {
    for (String host : List.of("192.0.2.1", "no.such.name.invalid", "a b")) {
      String said =
          assertThrows(InvalidInputException.class, () -> Dashboard.start(List.of(run), host, 0))
              .getMessage();
      assertTrue(said.startsWith("--host must be a name or an address of this machine"), said);
    }
  }

  private String get(String path, String host) throws IOException {
    return ask("GET " + path + " HTTP/1.1\r\nConnection: close\r\nHost: " + host + "\r\n\r\n");
  }

  private String ask(String request) throws IOException {
    try (Socket socket = new Socket("127.0.0.1", port)) {
      socket.setSoTimeout(PATIENCE);
      socket.getOutputStream().write(request.getBytes(ISO_8859_1));
      socket.shutdownOutput();
      return new String(socket.getInputStream().readAllBytes(), ISO_8859_1);
    }
  }

  private static int status(String answer) {
    assertTrue(answer.startsWith("HTTP/1.1 "), answer);
    return Integer.parseInt(answer.substring(9, 12));
  }
}
