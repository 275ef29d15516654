package org.diffusionnft.rewards.service;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.diffusionnft.images.Images;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.rewards.Reward;
import org.diffusionnft.rewards.RewardOptions;
import org.diffusionnft.rewards.RewardUnavailableException;
import org.diffusionnft.rewards.service.FakeService.Reply;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Rewards of other programs, which fail in every way that they can. */
@Tag("slow")
class ServiceRewardTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;

  private static Images images(int count) {
    float[] values = new float[count * 3 * 2 * 2];
    for (int i = 0; i < values.length; i++) {
      values[i] = i / (float) values.length * 2 - 1;
    }
    return new Images(values, 3, 2, 2);
  }

  private static List<Prompt> prompts(int count) {
    return IntStream.range(0, count).mapToObj(i -> Prompt.of("prompt " + i)).toList();
  }

  private static RewardOptions options(String... pairs) {
    Map<String, String> values = new LinkedHashMap<>();
    values.put("firstDelaySeconds", "0.01");
    for (int i = 0; i < pairs.length; i += 2) {
      values.put(pairs[i], pairs[i + 1]);
    }
    return new RewardOptions("mine", values);
  }

  private static Reply scoreOfPrompt(String request) {
    try {
      String prompt = JSON.readTree(request).path("prompt").asText();
      return Reply.ok("{\"score\": " + prompt.replace("prompt ", "") + "}");
    } catch (IOException e) {
      return new Reply(400, "no JSON", "");
    }
  }

  @Test
  void scoresComeInTheOrderOfTheImages() throws Exception {
    try (FakeService service =
            new FakeService(
                (n, request) -> {
                  Thread.sleep(n % 3 * 20);
                  return scoreOfPrompt(request);
                });
        Reward reward =
            new ServiceReward.Http().open(options("url", service.url(), "parallel", "3"))) {
      float[] scores = reward.score(images(7), prompts(7));
      assertArrayEquals(new float[] {0, 1, 2, 3, 4, 5, 6}, scores);
      assertTrue(service.mostAtOnce() <= 3, "at once: " + service.mostAtOnce());
      JsonNode request = JSON.readTree(service.requests.getFirst());
      byte[] png = Base64.getDecoder().decode(request.path("image").asText());
      assertEquals(2, ImageIO.read(new ByteArrayInputStream(png)).getWidth());
    }
  }

  @Test
  void whatFailsAtFirstIsAskedAgain() throws Exception {
    CountDownLatch askedAgain = new CountDownLatch(1);
    try (FakeService service =
            new FakeService(
                (n, request) ->
                    switch (n) {
                      case 0 -> new Reply(500, "out of memory", "");
                      case 1 -> new Reply(429, "", "0");
                      case 2 -> Reply.ok("no JSON at all");
                      case 3 -> Reply.ok("{\"score\": \"good\"}");
                      case 4 -> Reply.ok("{\"score\": NaN}");
                      case 5 -> {
                        askedAgain.await(); // longer than the client waits, however slow it is
                        yield Reply.ok("{\"score\": 99}");
                      }
                      case 6 -> {
                        askedAgain.countDown();
                        yield scoreOfPrompt(request);
                      }
                      default -> scoreOfPrompt(request);
                    });
        Reward reward =
            new ServiceReward.Http()
                .open(options("url", service.url(), "parallel", "1", "timeoutSeconds", "2"))) {
      assertArrayEquals(new float[] {0, 1}, reward.score(images(2), prompts(2)));
      assertEquals(8, service.requests.size());
    }
  }

  /** Told in our words, with the address and what to do; not in those of the JDK's client. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "garbage\\r\\n\\r\\n | is no HTTP that can be read",
        "SSH-2.0-OpenSSH_9\\r\\n | is no HTTP that can be read",
        "HTTP/1.1 abc OK\\r\\n\\r\\n | is no HTTP that can be read",
        "HTTP/1.1 200 OK\\r\\nContent-Length: x\\r\\n\\r\\n | is no HTTP that can be read",
        "HTTP/1.1 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\nzz\\r\\n | no HTTP that can be",
        "HTTP/1.1 200 OK\\r\\nContent-Length: 100\\r\\n\\r\\n{ | the connection broke off before",
        "'' | the connection broke off before",
      })
  void brokenAnswersAreToldInOurWords(String answer, String message) throws Exception {
    byte[] bytes = answer.translateEscapes().getBytes(StandardCharsets.US_ASCII);
    try (ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      Thread.ofVirtual().start(() -> answerAll(server, bytes));
      String url = "http://127.0.0.1:" + server.getLocalPort() + "/";
      String told = failure(url);
      assertTrue(told.startsWith("reward 'mine' got no scores from " + url), told);
      assertTrue(told.contains(message), told);
      assertTrue(told.contains(": see "), told);
    }
  }

  @Test
  void anAnswerThatIsTooLongIsToldAtOnce() throws Exception {
    try (FakeService service = new FakeService((n, r) -> Reply.ok(" ".repeat((16 << 20) + 1)))) {
      String told = failure(service.url());
      assertTrue(
          told.endsWith(
              "1 attempt: its answer is longer than 16 MiB, where a few numbers are expected: see"
                  + " that the url is that of the service"),
          told);
    }
  }

  @Test
  void aMachineThatIsNotThereIsNamed() {
    String told = failure("http://nowhere.invalid:9/");
    assertTrue(
        told.endsWith("no machine has the name in that address: see that it is spelt right"), told);
  }

  private static String failure(String url) {
    try (Reward reward =
        new ServiceReward.Http().open(options("url", url, "patienceSeconds", "0.2"))) {
      RewardUnavailableException e =
          assertThrows(RewardUnavailableException.class, () -> reward.score(images(1), prompts(1)));
      return String.valueOf(e.getMessage());
    }
  }

  private static void answerAll(ServerSocket server, byte[] answer) {
    while (!server.isClosed()) {
      try (Socket caller = server.accept()) {
        for (int last = 0; last != '}' && last >= 0; last = caller.getInputStream().read()) {
          while (caller.getInputStream().available() > 1) { // all: what is unread would reset it
            caller.getInputStream().read();
          }
        }
        caller.getOutputStream().write(answer);
      } catch (IOException e) {
        // the caller or the server has gone
      }
    }
  }

  @Test
  void delaysGrow() throws Exception {
    try (FakeService service =
            new FakeService((n, r) -> n < 4 ? new Reply(503, "", "") : scoreOfPrompt(r));
        Reward reward =
            new ServiceReward.Http()
                .open(options("url", service.url(), "firstDelaySeconds", "0.1"))) {
      reward.score(images(1), prompts(1));
      long first = service.times.get(1) - service.times.get(0);
      long fourth = service.times.get(4) - service.times.get(3);
      assertTrue(first > 70e6, "first delay " + first + " ns");
      assertTrue(fourth > 550e6, "fourth delay, about 0.8 s: " + fourth + " ns");
    }
  }

  @Test
  void theRateIsKept() throws Exception {
    try (FakeService service = new FakeService((n, request) -> scoreOfPrompt(request));
        Reward reward =
            new ServiceReward.Http()
                .open(options("url", service.url(), "requestsPerMinute", "600"))) {
      long started = System.nanoTime(); // of the client, whose clock it is that keeps the rate
      reward.score(images(6), prompts(6));
      long all = service.times.getLast() - started;
      assertTrue(all > 490e6, "six requests at ten a second took " + all + " ns");
    }
  }

  @Test
  void patienceEndsWithAClearMessage() throws IOException {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    String url = "http://127.0.0.1:" + port;
    try (Reward reward =
        new ServiceReward.Http().open(options("url", url, "patienceSeconds", "0.5"))) {
      RewardUnavailableException e =
          assertThrows(RewardUnavailableException.class, () -> reward.score(images(3), prompts(3)));
      String message = String.valueOf(e.getMessage());
      assertTrue(
          message.matches(
              "reward 'mine' got no scores from "
                  + url
                  + " in \\d+ s and \\d+ attempts: the connection was refused"),
          message);
    }
  }

  /** One byte after another would hold the run up for ever. */
  @Test
  void anAnswerThatDripsIsGivenUp() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 8, InetAddress.getLoopbackAddress())) {
      Thread.ofVirtual().start(() -> drip(server));
      String url = "http://127.0.0.1:" + server.getLocalPort();
      try (Reward reward =
          new ServiceReward.Http()
              .open(options("url", url, "timeoutSeconds", "0.5", "patienceSeconds", "0.5"))) {
        RewardUnavailableException e =
            assertTimeoutPreemptively(
                Duration.ofSeconds(20),
                () ->
                    assertThrows(
                        RewardUnavailableException.class,
                        () -> reward.score(images(1), prompts(1))));
        String message = String.valueOf(e.getMessage());
        assertTrue(message.endsWith("no whole answer within 0.5 s"), message);
      }
    }
  }

  private static void drip(ServerSocket server) {
    while (!server.isClosed()) {
      try (Socket socket = server.accept()) {
        OutputStream out = socket.getOutputStream();
        out.write(
            "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
                .getBytes(StandardCharsets.US_ASCII));
        while (!server.isClosed()) {
          out.write(' ');
          out.flush();
          Thread.sleep(50);
        }
      } catch (IOException e) {
        // the client has gone
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  @Test
  void whatCannotGetBetterIsNotTriedAgain() throws Exception {
    try (FakeService service = new FakeService((n, request) -> new Reply(401, "who are you", ""));
        Reward reward = new ServiceReward.Http().open(options("url", service.url()))) {
      RewardUnavailableException e =
          assertThrows(RewardUnavailableException.class, () -> reward.score(images(1), prompts(1)));
      assertTrue(String.valueOf(e.getMessage()).endsWith("status 401 (who are you)"));
      assertEquals(1, service.requests.size());
    }
  }

  @Test
  void aJudgeIsShownTheImageAndAskedUntilItScores() throws Exception {
    String unsure = "{\"choices\": [{\"message\": {\"content\": \"I would rather not.\"}}]}";
    String sure = "{\"choices\": [{\"message\": {\"content\": \"Nice.\\nFinal Score: 3.5\"}}]}";
    try (FakeService service = new FakeService((n, request) -> Reply.ok(n == 0 ? unsure : sure));
        Reward reward =
            new JudgeReward.Provider()
                .open(
                    options(
                        "url",
                        service.url() + "/v1/",
                        "model",
                        "judge-7b",
                        "parallel",
                        "1",
                        "apiKeyVariable",
                        "PATH",
                        "size",
                        "16"))) {
      assertArrayEquals(new float[] {0.7f}, reward.score(images(1), prompts(1)));
      assertEquals(2, service.requests.size());
      JsonNode request = JSON.readTree(service.requests.getLast());
      assertEquals("judge-7b", request.path("model").asText());
      JsonNode content = request.path("messages").path(0).path("content");
      String url = content.path(0).path("image_url").path("url").asText();
      assertTrue(url.startsWith("data:image/png;base64,"), url);
      byte[] png = Base64.getDecoder().decode(url.substring(url.indexOf(',') + 1));
      assertEquals(16, ImageIO.read(new ByteArrayInputStream(png)).getHeight());
      assertTrue(content.path(1).path("text").asText().endsWith("Text Caption: [prompt 0]"));
      assertEquals("Bearer " + System.getenv("PATH"), service.keys.getFirst());
    }
  }

  @Test
  void wrongOptionsAreRefusedBeforeAnythingRuns() {
    assertRefused("needs 'url'", new JudgeReward.Provider(), options());
    assertRefused("must be an address", new ServiceReward.Http(), options("url", "localhost:80"));
    assertRefused(
        "environment variable NO_SUCH_KEY",
        new ServiceReward.Http(),
        options("url", "http://127.0.0.1:1", "apiKeyVariable", "NO_SUCH_KEY"));
    assertRefused(
        "unknown key rewards.mine.patience: known are weight, type, apiKeyVariable",
        new ServiceReward.Http(),
        options("url", "http://127.0.0.1:1", "patience", "3"));
    assertRefused(
        "needs a group",
        new JudgeReward.Provider(),
        options("url", "http://127.0.0.1:1", "model", "m", "pattern", "Score: \\d"));
    for (String wrong : List.of("4f", "0x4", "٣", "010", "NaN")) {
      assertRefused(
          "rewards.mine.parallel must be a number from 1.0 to 2.147483647E9, not '" + wrong + "'",
          new ServiceReward.Http(),
          options("url", "http://127.0.0.1:1", "parallel", wrong));
    }
    assertRefused(
        "rewards.mine.parallel must be a whole number, not 1.5",
        new ServiceReward.Http(),
        options("url", "http://127.0.0.1:1", "parallel", "1.5"));
  }

  /** The HTTP client's own message would show it. */
  @Test
  void keysThatCannotBeSentAreToldWithoutShowingThem() {
    Map<String, String> wrong =
        Map.of(
            "sk-secret123\n", "has a space or a line break at its end",
            " sk-secret123", "has a space or a line break at its beginning",
            "sk-secret123\nX-Other: 1", "has a character that no key can have",
            "sk-sécret123", "has a character that no key can have",
            "", "is empty");
    wrong.forEach(
        (key, fault) -> {
          IllegalArgumentException e =
              assertThrows(
                  IllegalArgumentException.class,
                  () -> HttpCalls.requireSendable(key, "MY_KEY", "mine"));
          String message = String.valueOf(e.getMessage());
          assertTrue(message.contains("environment variable MY_KEY, which " + fault), message);
          assertFalse(message.contains("cret123"), message);
        });
    HttpCalls.requireSendable("sk-secret123", "MY_KEY", "mine");
    assertRefused(
        "rewards.mine.apiKeyVariable must be the name of an environment variable",
        new ServiceReward.Http(),
        options("url", "http://127.0.0.1:1", "apiKeyVariable", "sk-secret123"));
    assertRefused(
        "rewards.mine.url has a name or a password",
        new ServiceReward.Http(),
        options("url", "http://me:sk-secret123@127.0.0.1:1"));
    assertEquals("//...@host/?...", HttpCalls.shown("//me:it@host/?key=sk-secret123"));
  }

  @Test
  void anAnswerWithTheKeyInItIsNotShown() throws Exception {
    String key = System.getenv("PATH");
    for (int status : new int[] {200, 401}) {
      try (FakeService service =
              new FakeService((n, request) -> new Reply(status, "you are " + key, ""));
          Reward reward =
              new ServiceReward.Http()
                  .open(options("url", service.url(), "apiKeyVariable", "PATH"))) {
        RewardUnavailableException e =
            assertThrows(
                RewardUnavailableException.class, () -> reward.score(images(1), prompts(1)));
        String message = String.valueOf(e.getMessage());
        assertFalse(message.contains(key.substring(0, 8)), message);
        assertTrue(message.contains("key"), message);
      }
    }
  }

  private static void assertRefused(
      String part, org.diffusionnft.rewards.RewardProvider provider, RewardOptions options) {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> provider.open(options).close());
    assertTrue(String.valueOf(e.getMessage()).contains(part), e.getMessage());
  }

  /** Nobody knows which of two numbers is meant. */
  @Test
  void answersThatCanBeReadInTwoWaysAreRefused() throws IOException {
    for (String answer :
        List.of(
            "{\"score\": 1}{\"score\": 5}",
            "{\"score\": 1, \"score\": 7}",
            "{\"score\": 1} garbage",
            "{\"score\": 1} 2")) {
      String command = "sh " + script("while read line; do echo '" + answer + "'; done");
      try (FakeService service = new FakeService((n, request) -> Reply.ok(answer));
          Reward program =
              new ServiceReward.Command()
                  .open(options("command", command, "patienceSeconds", "0.2"));
          Reward remote =
              new ServiceReward.Http()
                  .open(options("url", service.url(), "patienceSeconds", "0.2"))) {
        for (Reward reward : List.of(program, remote)) {
          RewardUnavailableException e =
              assertThrows(
                  RewardUnavailableException.class, () -> reward.score(images(1), prompts(1)));
          String message = String.valueOf(e.getMessage());
          assertTrue(message.contains("', which is not JSON: one object is needed"), message);
        }
      }
    }
  }

  @Test
  void aCommandAnswersLinesWithLines() throws IOException {
    Path log = folder.resolve("log");
    Path script =
        script("while read line; do echo \"$line\" >> " + log + "; echo '{\"score\": 0.25}'; done");
    try (Reward reward = new ServiceReward.Command().open(options("command", "sh " + script))) {
      assertArrayEquals(new float[] {0.25f, 0.25f}, reward.score(images(2), prompts(2)));
      JsonNode question = JSON.readTree(Files.readAllLines(log).get(1));
      assertEquals("prompt 1", question.path("prompt").asText());
      assertTrue(Files.exists(Path.of(question.path("image").asText())));
    }
  }

  @Test
  void aCommandThatEndsIsStartedAgain() throws IOException {
    Path seen = folder.resolve("seen");
    Path script =
        script(
            "echo x >> " + seen,
            "read line; if [ $(wc -l < " + seen + ") -lt 3 ]; then echo broken >&2; exit 7; fi",
            "echo '{\"score\": 1}'",
            "while read line; do echo '{\"score\": 2}'; done");
    try (Reward reward = new ServiceReward.Command().open(options("command", "sh " + script))) {
      assertArrayEquals(new float[] {1, 2}, reward.score(images(2), prompts(2)));
      assertEquals(3, Files.readAllLines(seen).size());
    }
  }

  @Test
  void aCommandThatHangsOrFailsIsGivenUp() throws IOException {
    String hangs = "sh " + script("while read line; do sleep 60; done");
    try (Reward reward =
        new ServiceReward.Command()
            .open(options("command", hangs, "timeoutSeconds", "0.2", "patienceSeconds", "0.5"))) {
      RewardUnavailableException e =
          assertThrows(RewardUnavailableException.class, () -> reward.score(images(1), prompts(1)));
      assertTrue(String.valueOf(e.getMessage()).contains("no answer within 0.2 s"));
    }
    String fails = "sh " + script("read line; echo 'no such model' >&2; exit 3");
    try (Reward reward =
        new ServiceReward.Command().open(options("command", fails, "patienceSeconds", "600"))) {
      RewardUnavailableException e =
          assertThrows(RewardUnavailableException.class, () -> reward.score(images(1), prompts(1)));
      assertTrue(
          String.valueOf(e.getMessage())
              .endsWith("the program ended with exit code 3 and said 'no such model'"),
          e.getMessage());
    }
  }

  @Test
  void aCommandThatEndsAtOnceIsToldAtTheStart() throws IOException {
    assertRefused(
        "the program ended with exit code 127",
        new ServiceReward.Command(),
        options("command", "no-such-program-at-all"));
    assertRefused(
        "the program ended with exit code 3 and said 'no such model', before it was asked anything",
        new ServiceReward.Command(),
        options("command", "sh " + script("echo 'no such model' >&2; exit 3")));
  }

  /** Else every later image would get the score of the one before it. */
  @Test
  void answersToNoQuestionAreAnError() throws IOException {
    String answer = "echo '{\"score\": 0.25}'";
    for (String extra :
        List.of(
            "while read line; do " + answer + "; " + answer + "; done",
            "read line; " + answer + "; " + answer + "; while read line; do " + answer + "; done",
            "echo 'Loading model...'; while read line; do " + answer + "; done")) {
      assertNoScores(extra, "the program wrote a line that answers no question, '");
    }
    // An answer too many that comes late is seen by its number.
    assertNoScores(
        "while read line; do echo '{\"score\": 1, \"id\": 0}'; done",
        "it answered question 0 when it was asked question 1");
  }

  private void assertNoScores(String script, String message) throws IOException {
    String command = "sh " + script(script);
    try (Reward reward =
        new ServiceReward.Command().open(options("command", command, "patienceSeconds", "600"))) {
      RewardUnavailableException e =
          assertThrows(
              RewardUnavailableException.class,
              () -> {
                reward.score(images(3), prompts(3));
                reward.score(images(3), prompts(3));
              });
      assertTrue(String.valueOf(e.getMessage()).contains(message), e.getMessage());
    }
  }

  @Test
  void numbersOfAnswersAreThoseOfQuestions() throws Exception {
    try (FakeService service =
            new FakeService(
                (n, request) -> {
                  String id = request.replaceAll("(?s).*\"id\":(\\d+).*", "$1");
                  return Reply.ok("{\"score\": 1, \"id\": " + (n < 2 ? id : "0") + "}");
                });
        Reward reward =
            new ServiceReward.Http().open(options("url", service.url(), "parallel", "1"))) {
      assertArrayEquals(new float[] {1, 1}, reward.score(images(2), prompts(2)));
      RewardUnavailableException e =
          assertThrows(RewardUnavailableException.class, () -> reward.score(images(2), prompts(2)));
      assertTrue(
          String.valueOf(e.getMessage())
              .endsWith("it answered question 0 when it was asked question 1"),
          e.getMessage());
      assertEquals(4, service.requests.size());
    }
  }

  /** What nobody asked for must not fill the memory. */
  @Test
  void aProgramThatWritesWithoutEndIsStopped() throws IOException {
    for (String endless : List.of("yes", "tr '\\0' x < /dev/zero", "yes >&2")) {
      String command = "sh " + script("read line; exec " + endless);
      try (Reward reward =
          new ServiceReward.Command()
              .open(options("command", command, "timeoutSeconds", "0.5", "patienceSeconds", "1"))) {
        assertThrows(
            RewardUnavailableException.class, () -> reward.score(images(1), prompts(1)), endless);
      }
    }
  }

  private Path script(String... lines) throws IOException {
    Path file = Files.createTempFile(folder, "reward", ".sh");
    return Files.writeString(file, String.join("\n", lines) + "\n");
  }
}
