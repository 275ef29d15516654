package org.diffusionnft.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import org.diffusionnft.images.Images;
import org.diffusionnft.images.Pixels;
import org.diffusionnft.images.Png;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.rewards.Reward;
import org.diffusionnft.rewards.WeightedRewards;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Pictures that strangers send to be scored: every client gets an answer, however large they are.
 */
@Timeout(120)
@Tag("slow")
class RewardRequestsTest {
  private static final long ROOM = 4 << 20;

  private final HttpClient client = HttpClient.newHttpClient();
  private final ObjectMapper json = new ObjectMapper();
  private final ConcurrentLinkedQueue<Throwable> bugs = new ConcurrentLinkedQueue<>();
  private final Semaphore lets = new Semaphore(0);
  private final Bodies bodies = new Bodies(ROOM);
  private ImageServer server;

  /** Waits until it is let; of some prompts it needs more memory than there is. */
  private final class SlowReward implements Reward {
    @Override
    public float[] score(Images images, List<Prompt> prompts) {
      lets.acquireUninterruptibly();
      if (prompts.getFirst().text().equals("too much")) {
        throw new OutOfMemoryError("Java heap space");
      }
      return new float[] {0.5f};
    }
  }

  private void start() throws IOException {
    server =
        ImageServer.start(
            new ImageServer.Settings("127.0.0.1", 0, 4, Duration.ofMinutes(1)),
            new StandIn(),
            WeightedRewards.of("slow", new SlowReward()),
            ApiKeys.none(),
            bodies,
            bugs::add);
  }

  @AfterEach
  void stop() {
    if (server != null) {
      server.close();
    }
    client.close();
  }

  private static String picture(int width, int height) {
    byte[] png = Png.encode(new Pixels(width, height, new byte[3 * width * height]));
    return Base64.getEncoder().encodeToString(png);
  }

  private static String question(String prompt, String picture, int padding) {
    return "{\"prompt\": \"%s\", \"image\": \"%s\"%s}"
        .formatted(prompt, picture, " ".repeat(padding));
  }

  @Test
  void picturesThatAreTooLargeAreRefusedBeforeTheyAreUnpacked() throws Exception {
    start();
    lets.release();
    HttpResponse<String> answer = post(question("a", picture(2049, 2048), 0));
    assertEquals(400, answer.statusCode());
    JsonNode error = json.readTree(answer.body()).path("error");
    assertEquals(
        "image has 2049 by 2048 pixels, of which at most 4194304 are taken here",
        error.path("message").asText());
    assertEquals("image", error.path("param").asText());
    String gif =
        Base64.getEncoder().encodeToString("GIF89a......".getBytes(StandardCharsets.US_ASCII));
    answer = post(question("a", gif, 0));
    assertEquals(400, answer.statusCode());
    assertTrue(answer.body().contains("image is no PNG or JPEG picture"), answer.body());
    assertEquals(200, post(question("a", picture(2048, 64), 0)).statusCode());
    assertEquals(List.of(), List.copyOf(bugs));
  }

  @Test
  void bodiesThatDoNotFitIntoMemoryTogetherAreToldToComeAgain() throws Exception {
    start();
    int padding = (int) (ROOM / 2 + ROOM / 8);
    CompletableFuture<HttpResponse<String>> first =
        postLater(question("a", picture(2, 2), padding));
    while (bodies.held() < padding) {
      Thread.sleep(10);
    }
    List<CompletableFuture<HttpResponse<String>>> others = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      others.add(postLater(question("b", picture(2, 2), padding)));
    }
    for (CompletableFuture<HttpResponse<String>> other : others) {
      HttpResponse<String> refused = other.get();
      assertEquals(429, refused.statusCode(), refused.body());
      assertTrue(refused.headers().firstValueAsLong("Retry-After").orElse(0) >= 1);
    }
    lets.release(2);
    assertEquals(200, first.get().statusCode());
    assertEquals(200, post(question("c", picture(2, 2), padding)).statusCode());
    assertEquals(0, bodies.held());
  }

  /**
   * Clients that look for an answer only when they have sent all would find a broken connection.
   */
  @Test
  void whoSendsFarTooMuchIsAnswered() throws Exception {
    start();
    URI address = URI.create(server.address());
    int length = 40 << 20;
    try (Socket socket = new Socket(address.getHost(), address.getPort())) {
      OutputStream out = socket.getOutputStream();
      out.write(
          ("POST /v1/rewards HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                  + "Content-Length: "
                  + length
                  + "\r\n\r\n")
              .getBytes(StandardCharsets.US_ASCII));
      byte[] piece = new byte[1 << 20];
      for (int sent = 0; sent < length; sent += piece.length) {
        out.write(piece);
      }
      InputStream in = socket.getInputStream();
      assertEquals("HTTP/1.1 413", new String(in.readNBytes(12), StandardCharsets.US_ASCII));
    }
    assertEquals(0, bodies.held());
  }

  @Test
  void wantOfMemoryIsAnswered() throws Exception {
    start();
    lets.release(2);
    HttpResponse<String> answer = post(question("too much", picture(2, 2), 0));
    assertEquals(503, answer.statusCode());
    assertTrue(answer.body().contains("too little memory"), answer.body());
    assertFalse(answer.body().contains("heap"), answer.body());
    assertEquals(1, bugs.size());
    assertEquals(200, post(question("less", picture(2, 2), 0)).statusCode());
  }

  @Test
  void textThatIsNotUtf8IsAnswered() throws Exception {
    start();
    for (byte[] body :
        List.of(
            "{\"prompt\": \"a\"}".getBytes(StandardCharsets.UTF_16),
            new byte[] {'{', '"', (byte) 0xff, '"', ':', '1', '}'},
            new byte[] {0, 0, (byte) 0xfe, (byte) 0xff, 0x7f, 0, 0, 0})) {
      HttpRequest request = request().POST(HttpRequest.BodyPublishers.ofByteArray(body)).build();
      int status = client.send(request, HttpResponse.BodyHandlers.ofString()).statusCode();
      assertEquals(400, status);
    }
  }

  private HttpRequest.Builder request() {
    return HttpRequest.newBuilder(URI.create(server.address() + "v1/rewards"))
        .header("Content-Type", "application/json");
  }

  private HttpResponse<String> post(String body) throws Exception {
    return postLater(body).get();
  }

  private CompletableFuture<HttpResponse<String>> postLater(String body) {
    return client.sendAsync(
        request().POST(HttpRequest.BodyPublishers.ofString(body)).build(),
        HttpResponse.BodyHandlers.ofString());
  }
}
