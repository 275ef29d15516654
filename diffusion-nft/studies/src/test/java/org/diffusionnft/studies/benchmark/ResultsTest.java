package org.diffusionnft.studies.benchmark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.diffusionnft.rewards.Prompt;
import org.junit.jupiter.api.Test;

class ResultsTest {
  private static final Policy ADAPTER = new Policy("mine", Path.of("adapter"));

  /** Two pictures of one prompt, one of another. */
  private static Results results() {
    List<Prompt> prompts =
        List.of(
            new Prompt("two cats", Map.of("tag", "counting")),
            new Prompt("two cats", Map.of("tag", "counting")),
            new Prompt("a red cup", Map.of("tag", "colors")));
    SequencedMap<Policy, SequencedMap<String, double[]>> scores = new LinkedHashMap<>();
    scores.put(Policy.BASE, one(0, 1, 0.5));
    scores.put(ADAPTER, one(1, 0.75, 0.5));
    return new Results(prompts, scores);
  }

  private static SequencedMap<String, double[]> one(double... values) {
    SequencedMap<String, double[]> map = new LinkedHashMap<>();
    map.put("geneval", values);
    return map;
  }

  @Test
  void meansAreOverPictures() {
    Results results = results();
    assertEquals(0.5, results.mean(Policy.BASE, "geneval").mean(), 1e-15);
    assertEquals(0.75, results.mean(ADAPTER, "geneval").mean(), 1e-15);
    assertEquals(2, results.mean(ADAPTER, "geneval").count());
    assertEquals(0.875, results.mean(ADAPTER, "geneval", "counting").mean(), 1e-15);
    assertEquals(List.of("colors", "counting"), results.categories());
  }

  @Test
  void differencesArePictureByPicture() {
    Results.Difference difference = results().difference(ADAPTER, "geneval");
    assertEquals(0.25, difference.mean().mean(), 1e-15);
    assertEquals(1 / 3.0, difference.better(), 1e-15);
    assertEquals(1 / 3.0, difference.worse(), 1e-15);
  }

  @Test
  void jsonHasMeansCategoriesAndDifferences() {
    JsonNode json = ResultsJson.of("geneval", results());
    JsonNode mine = json.path("policies").path("mine").path("geneval");
    assertEquals(0.75, mine.path("mean").asDouble(), 1e-15);
    assertEquals((0.875 + 0.5) / 2, mine.path("mean of categories").asDouble(), 1e-15);
    assertFalse(mine.path("categories").path("colors").has("low"), "one prompt has no interval");
    assertEquals("base", json.path("differences").path("mine").path("to").asText());
    assertEquals(2, json.path("prompts").asInt());
    assertEquals(3, json.path("pictures").asInt());
  }
}
