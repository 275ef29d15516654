package org.diffusionnft.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MeasuredTest {
  private static final Measured ODD =
      new Measured("odd", 6e9, List.of(9.0, 4.0), List.of(3.0, 1.0, 2.0), 5);
  private static final Measured OTHER =
      new Measured("other", 2e9, List.of(1.0, 1.0), List.of(1.0, 1.0, 4.0), 6);

  @Test
  void mediansAndRates() {
    assertEquals(2, ODD.medianSeconds());
    assertEquals(1.5, new Measured("", 1, List.of(), List.of(2.0, 1.0), 0).medianSeconds());
    assertEquals(List.of(2.0, 6.0, 3.0), ODD.gflops());
    assertEquals(9, ODD.firstCallSeconds());
    assertEquals(2, new Measured("", 1, List.of(), List.of(2.0, 1.0), 0).firstCallSeconds());
  }

  @Test
  void severalTogetherAreSummedRunByRun() {
    Measured both = Measured.together(List.of(ODD, OTHER));
    assertEquals(List.of(4.0, 2.0, 6.0), both.seconds());
    assertEquals(List.of(10.0, 5.0), both.warmup());
    assertEquals(8e9, both.flops());
  }

  @Test
  void everyRunIsTimedOnce() {
    int[] runs = {0};
    Workload counting =
        new Workload() {
          @Override
          public String name() {
            return "counting";
          }

          @Override
          public double flops() {
            return 1;
          }

          @Override
          public void run() {
            runs[0]++;
          }

          @Override
          public int runsPerTiming() {
            return 4;
          }

          @Override
          public long checksum() {
            return 7;
          }

          @Override
          public void close() {}
        };
    Measured measured = Measured.of(counting, 2, 3);
    // The first is timed alone, four others in groups of four.
    assertEquals(1 + 4 * 4, runs[0]);
    assertEquals(7, measured.checksum());
    assertEquals(2, measured.warmup().size());
    assertEquals(3, measured.seconds().size());
    assertThrows(IllegalArgumentException.class, () -> Measured.of(counting, 0, 0));
  }

  @Test
  void reportHoldsEveryRunAndTheParameters() {
    JsonNode one = new BenchReport("train", Map.of("layers", "4"), List.of(ODD)).json();
    assertEquals("train", one.path("benchmark").asText());
    assertEquals(3, one.path("seconds").size());
    assertEquals(1.0, one.path("seconds").get(1).asDouble());
    assertEquals(6.0, one.path("gflops").get(1).asDouble());
    assertEquals(2.0, one.path("medianSeconds").asDouble());
    assertEquals(9.0, one.path("firstCallSeconds").asDouble());
    assertEquals(2, one.path("warmupSeconds").size());
    assertEquals("4", one.path("parameters").path("layers").asText());
    assertEquals("00000005", one.path("checksum").asText());
    assertFalse(one.has("cases"));

    JsonNode two = new BenchReport("matmul", Map.of(), List.of(ODD, OTHER)).json();
    assertEquals(2, two.path("cases").size());
    assertEquals("other", two.path("cases").get(1).path("name").asText());
    assertEquals(4.0, two.path("seconds").get(0).asDouble());
  }

  @Test
  void tableHasALineForEachCase() {
    String table = new BenchReport("matmul", Map.of(), List.of(ODD, OTHER)).table();
    assertTrue(table.lines().anyMatch(l -> l.startsWith("odd ") && l.endsWith(" 3.0")), table);
    assertTrue(table.lines().anyMatch(l -> l.startsWith("other ") && l.endsWith(" 2.0")), table);
  }
}
