package org.diffusionnft.rewards.geneval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.diffusionnft.images.Pixels;
import org.diffusionnft.rewards.Prompt;
import org.junit.jupiter.api.Test;

class GenEvalRulesTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pixels PICTURE = new Pixels(1, 1, new byte[3]);

  /**
   * 120 random scenes with the verdicts of the reference code's {@code gen_eval.py}, which keeps
   * objects in exactly the same place as long as {@code max_overlap} is 1.
   */
  @Test
  void verdictsAreThoseOfTheReferenceCode() throws Exception {
    try (InputStream in = GenEvalRulesTest.class.getResourceAsStream("/geneval_rules.json")) {
      JsonNode cases = JSON.readTree(in);
      assertEquals(120, cases.size());
      int strict = 0;
      for (JsonNode c : cases) {
        Demand demand = Demand.of(prompt(c.path("metadata")));
        GenEvalRules.Verdict benchmark = benchmark(demand, objects(c));
        assertEquals(c.path("correct").asBoolean(), benchmark.correct(), c.toString());
        GenEvalRules.Verdict verdict = strict(demand, objects(c));
        assertEquals(c.path("strict").asBoolean(), verdict.correct(), c.toString());
        assertEquals(c.path("score").asDouble(), verdict.score(), 1e-12, c.toString());
        assertEquals(verdict.correct(), verdict.reasons().isEmpty(), c.toString());
        strict += verdict.correct() ? 1 : 0;
      }
      assertTrue(strict > 20 && strict < 100, "verdicts of one kind only");
    }
  }

  @Test
  void promptsWithoutMetadataAreRefused() {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> Demand.of(Prompt.of("a dog")));
    assertTrue(String.valueOf(e.getMessage()).startsWith("the prompt 'a dog' has no GenEval"));
  }

  @Test
  void colorsThatNobodyNamesAreAnError() {
    Demand demand =
        new Demand("colors", List.of(new Demand.Clause("dog", 1, "red", null)), List.of());
    List<DetectedObject> dog =
        List.of(new DetectedObject("dog", 0.95, new double[] {0, 0, 9, 9}, null));
    assertThrows(IllegalArgumentException.class, () -> strict(demand, dog));
    assertThrows(IllegalArgumentException.class, () -> benchmark(demand, dog));
  }

  private static GenEvalRules.Verdict strict(Demand demand, List<DetectedObject> objects) {
    return rules(demand, objects).strict();
  }

  private static GenEvalRules.Verdict benchmark(Demand demand, List<DetectedObject> objects) {
    return rules(demand, objects).benchmark();
  }

  private static GenEvalRules rules(Demand demand, List<DetectedObject> objects) {
    return new GenEvalRules(
        demand, objects, PICTURE, ColorNamer.asDetected(), GenEvalSettings.DEFAULT);
  }

  private static Prompt prompt(JsonNode metadata) {
    Map<String, Object> map = JSON.convertValue(metadata, new TypeReference<>() {});
    return new Prompt("p", map);
  }

  private static List<DetectedObject> objects(JsonNode c) {
    List<DetectedObject> objects = new ArrayList<>();
    for (JsonNode o : c.path("objects")) {
      double[] box = JSON.convertValue(o.path("box"), double[].class);
      objects.add(
          new DetectedObject(
              o.path("label").asText(), o.path("score").asDouble(), box, o.path("color").asText()));
    }
    return objects;
  }
}
