package org.diffusionnft.tests.cli;

import static org.diffusionnft.tests.cli.CommandLine.dnft;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.CRC32;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A reward service that fails in the middle of a run. */
@Tag("slow")
class PausedRunTest {
  private static final int IMAGES_PER_EPOCH = 12;

  @TempDir private Path folder;
  private HttpServer server;
  private final AtomicInteger served = new AtomicInteger();

  /** How many images are scored before the service fails, and how many times it then does. */
  private volatile int good = Integer.MAX_VALUE;

  private volatile int bad = Integer.MAX_VALUE;

  @BeforeEach
  void serve() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newCachedThreadPool());
    AtomicInteger failures = new AtomicInteger();
    server.createContext(
        "/",
        exchange -> {
          byte[] request = exchange.getRequestBody().readAllBytes();
          String answer;
          int status = 200;
          if (served.get() >= good && failures.get() < bad) {
            int n = failures.getAndIncrement();
            status = n % 2 == 0 ? 500 : 200;
            answer = "garbage " + n;
          } else {
            served.incrementAndGet();
            CRC32 crc = new CRC32();
            String text = new String(request, StandardCharsets.UTF_8);
            crc.update(text.substring(text.indexOf("\"image\"")).getBytes(StandardCharsets.UTF_8));
            answer = "{\"score\": " + crc.getValue() % 1000 / 1000.0 + "}";
          }
          byte[] body = answer.getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(status, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private Path config(double patience) throws IOException {
    Path config = TinyBase.config(folder, folder.resolve("base"));
    String reward =
        "rewards: {mine: {type: http, url: 'http://127.0.0.1:%d', patienceSeconds: %s,"
            + " firstDelaySeconds: 0.01}}";
    String text =
        Files.readString(config)
            .replaceFirst("rewards: .*", reward.formatted(server.getAddress().getPort(), patience));
    return Files.writeString(config, text);
  }

  @Test
  void theRunPausesAndGoesOnToTheSameBytes() throws IOException {
    TinyBase.write(folder);
    Path whole = folder.resolve("whole");
    dnft("train", "--config", config(60), "--out", whole).succeeds();

    served.set(0);
    good = 2 * IMAGES_PER_EPOCH + 5; // in the middle of the third epoch
    Path paused = folder.resolve("paused");
    CommandLine stopped = dnft("train", "--config", config(1), "--out", paused);
    assertEquals(2, stopped.exitCode(), stopped.err());
    String sentence = stopped.err().lines().toList().getLast();
    assertTrue(
        sentence.matches(
            "dnft: reward 'mine' got no scores from http://127.0.0.1:\\d+ in \\d+ s and \\d+"
                + " attempts: it answered .*; the run is paused after epoch 2 and its state is"
                + " saved: go on with 'dnft train --resume .*/paused' when the reward works"
                + " again"),
        sentence);
    assertEquals(2, Files.readAllLines(paused.resolve("metrics.jsonl")).size());
    assertFalse(Files.exists(paused.resolve("adapter")));

    good = Integer.MAX_VALUE;
    dnft("train", "--resume", paused).succeeds();
    assertSameAdapter(whole, paused);
  }

  @Test
  void shortFailuresAreWaitedOutAndLeaveNoTrace() throws IOException {
    TinyBase.write(folder);
    Path whole = folder.resolve("whole");
    dnft("train", "--config", config(60), "--out", whole).succeeds();

    served.set(0);
    good = IMAGES_PER_EPOCH + 3;
    bad = 20;
    Path bumpy = folder.resolve("bumpy");
    dnft("train", "--config", config(60), "--out", bumpy).succeeds();
    assertSameAdapter(whole, bumpy);
  }

  /** What a run leaves for its report. */
  @Test
  void aRunLeavesWhatItsReportShows() throws IOException {
    TinyBase.write(folder);
    Path run = folder.resolve("run");
    dnft("train", "--config", config(60), "--out", run).succeeds();
    assertEquals(4, Files.readAllLines(run.resolve("groups.jsonl")).size());
    assertEquals(4 + 2, Files.readAllLines(run.resolve("prompts.jsonl")).size());
    assertTrue(Files.exists(run.resolve("samples/epoch-000004.png")));
    try (var files = Files.list(run)) {
      assertEquals(1, files.filter(f -> f.toString().contains("tfevents")).count());
    }
    dnft("report", run).succeeds();
    String page = Files.readString(run.resolve("report.html"));
    assertTrue(page.contains("\"epochs\":4"));
    dnft("report", folder).refuses("has no metrics.jsonl");
    dnft("dashboard", folder).refuses("has no metrics.jsonl");
    dnft("dashboard", run, "--port", 70_000).refuses("--port must be 0 to 65535");
  }

  private static void assertSameAdapter(Path expected, Path actual) throws IOException {
    String file = "adapter/adapter_model.safetensors";
    assertArrayEquals(
        Files.readAllBytes(expected.resolve(file)), Files.readAllBytes(actual.resolve(file)));
  }
}
