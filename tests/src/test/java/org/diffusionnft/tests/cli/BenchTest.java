package org.diffusionnft.tests.cli;

import static org.diffusionnft.tests.cli.CommandLine.dnft;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.diffusionnft.weights.io.StrictJson;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class BenchTest {
  private static final Object[] SMALL = {
    "--layers",
    2,
    "--resolution",
    32,
    "--context",
    3,
    "--dtype",
    "bf16",
    "--repeat",
    1,
    "--warmup",
    0
  };

  @TempDir private Path folder;

  @Test
  void productsOfSeveralShapes() throws IOException {
    JsonNode json =
        report("matmul", "--shapes", "8x16x4,5x3x7", "--repeat", 2, "--warmup", 1, "--threads", 2);
    assertEquals(2, json.path("cases").size());
    assertEquals("5x3x7", json.path("cases").get(1).path("name").asText());
    assertEquals(2.0 * 5 * 3 * 7, json.path("cases").get(1).path("flops").asDouble());
    assertEquals("8x16x4,5x3x7", json.path("parameters").path("shapes").asText());
    assertEquals("2", json.path("parameters").path("threads").asText());
    assertEquals("f32", json.path("parameters").path("dtype").asText());
    assertTimes(json, 2);
  }

  @Test
  void attention() throws IOException {
    JsonNode json =
        report("attention", "--tokens", 9, "--heads", 2, "--head-dim", 8, "--repeat", 3);
    assertEquals(4.0 * 9 * 9 * 2 * 8, json.path("flops").asDouble());
    assertEquals("8", json.path("parameters").path("headDim").asText());
    assertTimes(json, 3);
  }

  @Test
  void modelForwardAndTrained() throws IOException {
    Object[] small = {
      "--layers",
      2,
      "--resolution",
      32,
      "--context",
      3,
      "--dtype",
      "bf16",
      "--repeat",
      1,
      "--warmup",
      0
    };
    JsonNode forward = report("forward", small);
    assertTimes(forward, 1);
    assertEquals("32", forward.path("parameters").path("resolution").asText());
    assertEquals("bf16", forward.path("parameters").path("dtype").asText());
    JsonNode train = report("train", SMALL);
    assertTimes(train, 1);
    assertTrue(train.path("flops").asDouble() > 1.9 * forward.path("flops").asDouble());
  }

  @Test
  void theNumberOfThreadsChangesNoBit() throws IOException {
    String once = null;
    for (int threads = 1; threads <= 3; threads++) {
      String sums =
          report(
                      "matmul",
                      "--shapes",
                      "300x200x300,7x40x600,64x128x128",
                      "--repeat",
                      1,
                      "--threads",
                      threads)
                  .path("checksum")
                  .asText()
              + report("attention", "--tokens", 300, "--heads", 2, "--threads", threads)
                  .path("checksum")
                  .asText()
              + report("forward", with(SMALL, "--threads", threads)).path("checksum").asText()
              + report("train", with(SMALL, "--threads", threads)).path("checksum").asText();
      assertEquals(32, sums.length());
      once = once == null ? sums : once;
      assertEquals(once, sums, threads + " threads");
    }
  }

  @Test
  void checkpointingChangesNoBit() throws IOException {
    JsonNode kept = report("train", SMALL);
    JsonNode again = report("train", with(SMALL, "--checkpointing"));
    assertEquals("false", kept.path("parameters").path("checkpointing").asText());
    assertEquals("true", again.path("parameters").path("checkpointing").asText());
    assertEquals(kept.path("checksum").asText(), again.path("checksum").asText());
  }

  @Test
  void wrongInputIsRefusedInOneSentence() {
    Path json = folder.resolve("none.json");
    dnft("bench", "matmul", "--shapes", "8x16", "--json", json).refuses("MxNxK");
    dnft("bench", "matmul", "--shapes", "8x0x4").refuses("at least 1");
    dnft("bench", "matmul", "--repeat", 0).refuses("--repeat must be at least 1, not 0");
    dnft("bench", "matmul", "--warmup", -1).refuses("--warmup must be at least 0, not -1");
    dnft("bench", "matmul", "--dtype", "f8").refuses("--dtype");
    dnft("bench", "attention", "--tokens", 0).refuses("--tokens must be at least 1, not 0");
    dnft("bench", "forward", "--layers", 25).refuses("--layers must be 1 to 24, not 25");
    dnft("bench", "forward", "--resolution", 500).refuses("multiple of 16");
    dnft("bench", "train", "--layers", 1).refuses("--layers must be at least 2 to train");
    dnft("bench", "train", "--device", "abacus").refuses("there is no device 'abacus'");
    assertFalse(Files.exists(json));
  }

  private JsonNode report(String benchmark, Object... options) throws IOException {
    Path json = folder.resolve(benchmark + ".json");
    Object[] args = new Object[4 + options.length];
    Object[] first = {"bench", benchmark, "--json", json};
    System.arraycopy(first, 0, args, 0, 4);
    System.arraycopy(options, 0, args, 4, options.length);
    CommandLine done = dnft(args).succeeds();
    assertTrue(done.out().contains("GFLOP/s"), done.out());
    return StrictJson.readObject(json);
  }

  private static Object[] with(Object[] options, Object... more) {
    Object[] all = Arrays.copyOf(options, options.length + more.length);
    System.arraycopy(more, 0, all, options.length, more.length);
    return all;
  }

  private static void assertTimes(JsonNode json, int repeat) {
    assertEquals(repeat, json.path("seconds").size());
    assertEquals(repeat, json.path("gflops").size());
    for (int i = 0; i < repeat; i++) {
      double seconds = json.path("seconds").get(i).asDouble();
      assertTrue(seconds > 0);
      double rate = json.path("flops").asDouble() / seconds / 1e9;
      assertEquals(rate, json.path("gflops").get(i).asDouble(), 1e-9 * rate);
    }
    assertTrue(json.path("peakResidentMb").asLong(1) > 0);
  }
}
