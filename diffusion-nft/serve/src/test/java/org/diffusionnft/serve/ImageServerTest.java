package org.diffusionnft.serve;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.diffusionnft.weights.io.InvalidFileException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The server's rules, with a maker of pictures that a test holds back or lets go. */
@Timeout(120)
@Tag("slow")
class ImageServerTest {
  private static final String GENERATIONS = "v1/images/generations";

  private final HttpClient client = HttpClient.newHttpClient();
  private final ObjectMapper json = new ObjectMapper();
  private final StandIn maker = new StandIn();
  private final ConcurrentLinkedQueue<Throwable> bugs = new ConcurrentLinkedQueue<>();
  private ImageServer server;

  @AfterEach
  void stop() {
    if (server != null) {
      server.close();
    }
    client.close();
  }

  private void start(int waiting, Duration limit, ApiKeys keys) throws IOException {
    server =
        ImageServer.start(
            new ImageServer.Settings("127.0.0.1", 0, waiting, limit), maker, null, keys, bugs::add);
  }

  @Test
  void bodiesThatAreNoJsonAreToldInOurWords() throws Exception {
    start(4, Duration.ofMinutes(1), ApiKeys.none());
    HttpResponse<String> answer = post(GENERATIONS, "{\"prompt\": \"a cat\", \"seed\": NaN}");
    assertEquals(400, answer.statusCode(), answer.body());
    assertEquals(
        "the body is no JSON: line 1, column 32: NaN and infinity are no numbers of JSON",
        json.readTree(answer.body()).path("error").path("message").asText());
    answer = post(GENERATIONS, "{\"prompt\": \"a cat\"");
    assertEquals(
        "the body is no JSON: line 1, column 19: it ends before all brackets and quotes are closed",
        json.readTree(answer.body()).path("error").path("message").asText());
  }

  @Test
  void answersInOpenAisForm() throws Exception {
    start(4, Duration.ofMinutes(1), ApiKeys.none());
    maker.lets.release(2);
    HttpResponse<String> answer = post(GENERATIONS, "{\"prompt\": \"a cat\", \"seed\": 7}");
    assertEquals(200, answer.statusCode(), answer.body());
    JsonNode picture = json.readTree(answer.body()).path("data").path(0);
    assertEquals("AQIH", picture.path("b64_json").asText());
    answer = post(GENERATIONS, "{\"prompt\": \"a cat\", \"response_format\": \"url\"}");
    picture = json.readTree(answer.body()).path("data").path(0);
    assertEquals("data:image/png;base64,AQIA", picture.path("url").asText());

    JsonNode models = json.readTree(get("v1/models").body());
    assertEquals("mine", models.path("data").path(0).path("id").asText());
    assertEquals("base", json.readTree(get("v1/models/base").body()).path("id").asText());
    assertEquals(404, get("v1/models/other").statusCode());
    assertEquals(200, get("health").statusCode());
    assertEquals("3.1.0", json.readTree(get("openapi.json").body()).path("openapi").asText());
    String metrics = get("metrics").body();
    assertTrue(metrics.contains("dnft_pictures_total 2\n"), metrics);
    assertTrue(
        metrics.contains("dnft_requests_total{path=\"/v1/images/generations\",status=\"200\"} 2\n"),
        metrics);
  }

  @Test
  void whoComesWhenTooManyWaitIsToldWhenToComeAgain() throws Exception {
    start(2, Duration.ofMinutes(1), ApiKeys.none());
    List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
    answers.add(postLater(GENERATIONS, "{\"prompt\": \"first\"}"));
    maker.begun.await();
    answers.add(postLater(GENERATIONS, "{\"prompt\": \"second\"}"));
    answers.add(postLater(GENERATIONS, "{\"prompt\": \"third\"}"));
    while (!get("metrics").body().contains("dnft_queue_length 3")) {
      Thread.sleep(10);
    }
    HttpResponse<String> refused = post(GENERATIONS, "{\"prompt\": \"fourth\"}");
    assertEquals(429, refused.statusCode());
    assertTrue(refused.headers().firstValueAsLong("Retry-After").orElse(0) >= 1);
    maker.lets.release(3);
    for (CompletableFuture<HttpResponse<String>> answer : answers) {
      assertEquals(200, answer.get().statusCode());
    }
  }

  @Test
  void aRequestBeyondItsTimeIsGivenUp() throws Exception {
    start(2, Duration.ofSeconds(1), ApiKeys.none());
    HttpResponse<String> late = post(GENERATIONS, "{\"prompt\": \"slow\"}");
    assertEquals(504, late.statusCode(), late.body());
    assertEquals(1, maker.cancelled.get());
    maker.lets.release();
    assertEquals(200, post(GENERATIONS, "{\"prompt\": \"next\"}").statusCode());
  }

  @Test
  void aStreamThatIsClosedCancelsItsPicture() throws Exception {
    start(2, Duration.ofMinutes(1), ApiKeys.none());
    URI address = URI.create(server.address());
    String body = "{\"prompt\": \"a cat\", \"stream\": true}";
    try (Socket socket = new Socket(address.getHost(), address.getPort())) {
      socket
          .getOutputStream()
          .write(
              ("POST /v1/images/generations HTTP/1.1\r\nHost: localhost\r\n"
                      + "Content-Type: application/json\r\nContent-Length: "
                      + body.length()
                      + "\r\n\r\n"
                      + body)
                  .getBytes(StandardCharsets.US_ASCII));
      InputStream in = socket.getInputStream();
      byte[] some = in.readNBytes(200);
      assertTrue(new String(some, StandardCharsets.UTF_8).contains("200 OK"));
    }
    while (maker.cancelled.get() == 0) {
      Thread.sleep(20);
    }
    maker.lets.release();
    assertEquals(200, post(GENERATIONS, "{\"prompt\": \"next\"}").statusCode());
  }

  @Test
  void whatWasTakenInIsFinishedBeforeTheEnd() throws Exception {
    start(4, Duration.ofMinutes(1), ApiKeys.none());
    CompletableFuture<HttpResponse<String>> first =
        postLater(GENERATIONS, "{\"prompt\": \"first\"}");
    maker.begun.await();
    CompletableFuture<HttpResponse<String>> second =
        postLater(GENERATIONS, "{\"prompt\": \"second\"}");
    while (!get("metrics").body().contains("dnft_queue_length 2")) {
      Thread.sleep(10);
    }
    Thread end =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    server.drain();
                  } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                  }
                });
    int status = 0;
    while (status != 503) {
      Thread.sleep(10);
      status = post("v1/images/generations", "{\"prompt\": \"\\u0000\"}").statusCode();
      if (status == 200) {
        throw new AssertionError("taken in while it ends");
      }
      if (status == 400) {
        status = postLater(GENERATIONS, "{\"prompt\": \"late\"}").get().statusCode();
      }
    }
    maker.lets.release(2);
    assertEquals(200, first.get().statusCode());
    assertEquals(200, second.get().statusCode());
    end.join();
  }

  @Test
  void keysAreNeededWhereThereAreSome(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("keys");
    Files.writeString(file, "# mine\n0123456789abcdef\n");
    start(4, Duration.ofMinutes(1), ApiKeys.read(file));
    assertEquals(401, get("v1/models").statusCode());
    assertEquals(401, get("metrics").statusCode());
    assertEquals(200, get("health").statusCode());
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(server.address() + "v1/models"));
    assertEquals(200, send(request.header("Authorization", "Bearer 0123456789abcdef")));
    request = HttpRequest.newBuilder(URI.create(server.address() + "v1/models"));
    assertEquals(401, send(request.header("Authorization", "Bearer 0123456789abcdeF")));

    Files.writeString(file, "short\n");
    assertThrows(InvalidFileException.class, () -> ApiKeys.read(file));
    for (String unsendable :
        List.of("0123456789 abcdef", "0123456789abcdéf", "0123456789abcd\0f")) {
      Files.writeString(file, "# mine\n" + unsendable + "\n");
      InvalidFileException e = assertThrows(InvalidFileException.class, () -> ApiKeys.read(file));
      String message = String.valueOf(e.getMessage());
      assertTrue(message.contains("has in line 2 a key with a character"), message);
      assertFalse(message.contains("0123456789"), message);
    }
    Files.writeString(file, "# none\n");
    assertThrows(InvalidFileException.class, () -> ApiKeys.read(file));
  }

  @Test
  void aPageOfAStrangerIsRefused() throws Exception {
    start(4, Duration.ofMinutes(1), ApiKeys.none());
    URI address = URI.create(server.address());
    try (Socket socket = new Socket(address.getHost(), address.getPort())) {
      socket
          .getOutputStream()
          .write(
              "GET /v1/models HTTP/1.1\r\nHost: evil.example\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII));
      byte[] start = socket.getInputStream().readNBytes(12);
      assertEquals("HTTP/1.1 421", new String(start, StandardCharsets.US_ASCII));
    }
    HttpRequest.Builder form =
        HttpRequest.newBuilder(URI.create(server.address() + GENERATIONS))
            .header("Content-Type", "text/plain")
            .POST(HttpRequest.BodyPublishers.ofString("{\"prompt\": \"a cat\"}"));
    assertEquals(415, send(form));
  }

  /** Neither a trace nor a fault of the server's, whatever is sent. */
  @Test
  void aThousandDamagedRequestsAreRefused() throws Exception {
    start(4, Duration.ofMinutes(1), ApiKeys.none());
    Random random = new Random(5);
    String good =
        "{\"prompt\": \"a cat\", \"n\": 1, \"size\": \"512x512\", \"seed\": 3, \"steps\": 2,"
            + " \"guidance\": 4.5, \"stream\": false}";
    List<String> wrong =
        new ArrayList<>(
            List.of(
                "",
                "[]",
                "null",
                "{}",
                "{\"prompt\": 7}",
                "{\"prompt\": \"\"}",
                "{\"prompt\": \"a\", \"prompt\": \"b\"}",
                "{\"prompt\": \"a\", \"n\": 0}",
                "{\"prompt\": \"a\", \"n\": 1e9}",
                "{\"prompt\": \"a\", \"n\": 1.5}",
                "{\"prompt\": \"a\", \"size\": \"1x\"}",
                "{\"prompt\": \"a\", \"size\": \"0x0\"}",
                "{\"prompt\": \"a\", \"size\": \"512x0\"}",
                "{\"prompt\": \"a\", \"size\": \"٥x٥\"}",
                "{\"prompt\": [" + "1, ".repeat(150_000) + "1]}",
                "{\"prompt\": \"a\", \"seed\": -1}",
                "{\"prompt\": \"a\", \"seed\": 99999999999999999999}",
                "{\"prompt\": \"a\", \"steps\": 1001}",
                "{\"prompt\": \"a\", \"guidance\": \"much\"}",
                "{\"prompt\": \"a\", \"output_format\": \"webp\"}",
                "{\"prompt\": \"a\", \"stream\": 1}",
                "{\"prompt\": \"" + "a".repeat(40_000) + "\"}",
                "[".repeat(5000),
                "{\"prompt\": \"a\"} trailing"));
    while (wrong.size() < 1000) {
      StringBuilder damaged = new StringBuilder(good);
      for (int i = 0; i <= random.nextInt(3); i++) {
        damaged.setCharAt(random.nextInt(damaged.length()), (char) random.nextInt(1, 0x250));
      }
      damaged.setLength(random.nextInt(good.length() - 1)); // cut: never a whole object
      wrong.add(damaged.toString());
    }
    for (String body : wrong) {
      HttpResponse<String> answer = post(GENERATIONS, body);
      assertTrue(
          answer.statusCode() >= 400 && answer.statusCode() < 500,
          answer.statusCode() + " to " + body);
      JsonNode error = json.readTree(answer.body()).path("error");
      assertFalse(error.path("message").asText().isBlank(), answer.body());
      assertFalse(answer.body().contains("Exception"), answer.body());
    }
    assertEquals(List.of(), List.copyOf(bugs));
    assertEquals(413, post(GENERATIONS, "\"" + "a".repeat(2 << 20) + "\"").statusCode());
    assertEquals(404, get("nothing").statusCode());
    assertEquals(405, get(GENERATIONS).statusCode());
    assertEquals(404, post("v1/rewards", "{}").statusCode());
  }

  @Test
  void bugsAreOursAndReported() throws Exception {
    start(4, Duration.ofMinutes(1), ApiKeys.none());
    maker.lets.release();
    HttpResponse<String> answer = post(GENERATIONS, "{\"prompt\": \"broken\"}");
    assertEquals(500, answer.statusCode());
    assertFalse(answer.body().contains("bug of ours"), answer.body());
    assertEquals(1, bugs.size());
    maker.lets.release();
    assertEquals(200, post(GENERATIONS, "{\"prompt\": \"next\"}").statusCode());
  }

  @Test
  void requestsOfAKindRunAsOneBatch() throws Exception {
    maker.together = 4;
    start(20, Duration.ofMinutes(1), ApiKeys.none());
    List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
    answers.add(postLater(GENERATIONS, "{\"prompt\": \"first\", \"seed\": 0}"));
    maker.begun.await();
    List<String> more =
        List.of(
            "{\"prompt\": \"a\", \"seed\": 1}",
            "{\"prompt\": \"b\", \"seed\": 2, \"steps\": 3}",
            "{\"prompt\": \"broken\", \"seed\": 3}",
            "{\"prompt\": \"c\", \"seed\": 4, \"n\": 3}",
            "{\"prompt\": \"d\", \"seed\": 5}");
    for (int i = 0; i < more.size(); i++) {
      answers.add(postLater(GENERATIONS, more.get(i)));
      // In this order, as it decides what goes together.
      while (!get("metrics").body().contains("dnft_queue_length " + (i + 2))) {
        Thread.sleep(10);
      }
    }
    maker.lets.release(7);
    for (int i = 0; i < answers.size(); i++) {
      HttpResponse<String> answer = answers.get(i).get();
      if (i == 3) {
        assertEquals(500, answer.statusCode());
      } else {
        byte[] expected = {1, 2, (byte) i};
        String picture =
            json.readTree(answer.body()).path("data").path(0).path("b64_json").asText();
        assertArrayEquals(expected, Base64.getDecoder().decode(picture), answer.body());
      }
    }
    // The first alone; a, broken and d, which fails, so each alone; b; c, whose pictures are three.
    assertEquals(List.of(1, 3, 1, 1, 1, 1, 1), maker.batches);
  }

  private int send(HttpRequest.Builder request) throws Exception {
    return client.send(request.build(), HttpResponse.BodyHandlers.ofString()).statusCode();
  }

  private HttpResponse<String> get(String path) throws Exception {
    return client.send(
        HttpRequest.newBuilder(URI.create(server.address() + path)).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private HttpResponse<String> post(String path, String body) throws Exception {
    return postLater(path, body).get();
  }

  private CompletableFuture<HttpResponse<String>> postLater(String path, String body) {
    return client.sendAsync(
        HttpRequest.newBuilder(URI.create(server.address() + path))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }
}
