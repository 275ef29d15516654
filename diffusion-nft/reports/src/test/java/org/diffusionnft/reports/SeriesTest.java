package org.diffusionnft.reports;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.JsonLines;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SeriesTest {
  @TempDir Path folder;

  private List<JsonNode> lines(String text) throws IOException {
    return JsonLines.read(Files.writeString(folder.resolve("lines.jsonl"), text));
  }

  @Test
  void columnsWithGaps() throws IOException {
    JsonNode json =
        Series.of(
            lines("{\"epoch\":1,\"a\":2,\"b\":{\"c\":0.123456789}}\n{\"epoch\":2,\"a\":3}\n"));
    assertEquals("{\"x\":[1,2],\"y\":{\"a\":[2.0,3.0],\"b/c\":[0.123457,null]}}", json.toString());
  }

  @Test
  void longRunsAreThinnedOutByMeans() throws IOException {
    StringBuilder text = new StringBuilder();
    IntStream.rangeClosed(1, 4000)
        .forEach(i -> text.append("{\"epoch\":%d,\"a\":%d}%n".formatted(i, i)));
    JsonNode json = Series.of(lines(text.toString()));
    assertEquals(1334, json.path("x").size());
    assertEquals(3, json.path("x").path(0).asInt());
    assertEquals(2, json.path("y").path("a").path(0).asDouble());
    assertEquals(4000, json.path("x").path(1333).asInt());
  }

  @Test
  void onlyTheLastLineMayBeCut() throws IOException {
    assertEquals(1, lines("{\"epoch\":1}\n{\"epo").size());
    InvalidFileException e =
        assertThrows(InvalidFileException.class, () -> lines("{\"epo\n{\"epoch\":1}\n"));
    assertTrue(String.valueOf(e.getMessage()).contains("line 1 is no JSON"), e.getMessage());
  }

  @Test
  void spreadKeepsTheEnds() {
    assertEquals(List.of(1, 2), RunSummary.spread(List.of(1, 2), 5));
    List<Integer> many = IntStream.range(0, 100).boxed().toList();
    assertEquals(List.of(0, 50, 99), RunSummary.spread(many, 3));
  }
}
