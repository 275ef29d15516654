package org.diffusionnft.reports;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rewards that part are told apart from those that do not. */
@Tag("slow")
class RewardsApartTest {
  private static final int PICTURES = 200;
  private static final String CONFIG =
      "epochs: 12\nrewards: {liked: 1, weighed: 0}\nevaluation: {rewards: {seen: 0}}\n";

  @TempDir private Path folder;
  private final StringBuilder lines = new StringBuilder();

  /** Scores of the same pictures, that have moved by so much, with some noise of their own. */
  private void evaluate(int epoch, String... rewardsAndChanges) {
    lines.append("{\"epoch\":").append(epoch).append(",\"scores\":{");
    for (int r = 0; r < rewardsAndChanges.length; r += 2) {
      Random pictures = new Random(r);
      Random noise = new Random(1000L * epoch + r);
      double change = Double.parseDouble(rewardsAndChanges[r + 1]);
      lines.append(r == 0 ? "" : ",").append('"').append(rewardsAndChanges[r]).append("\":[");
      for (int i = 0; i < PICTURES; i++) {
        double score = pictures.nextGaussian() + change + 0.1 * noise.nextGaussian();
        lines.append(i == 0 ? "" : ",").append(String.format(Locale.ROOT, "%.6f", score));
      }
      lines.append(']');
    }
    lines.append("}}\n");
  }

  private JsonNode summary(String config) throws IOException {
    SmallRun.write(folder);
    Files.writeString(folder.resolve("config.yaml"), config);
    Files.writeString(folder.resolve("held-out.jsonl"), lines);
    return RunSummary.of(folder);
  }

  private static String words(JsonNode summary) {
    StringBuilder words = new StringBuilder();
    summary.path("heldOut").path("words").forEach(w -> words.append(w.asText()).append('\n'));
    return words.toString();
  }

  private static JsonNode reward(JsonNode summary, String name) {
    for (JsonNode reward : summary.path("heldOut").path("rewards")) {
      if (reward.path("name").asText().equals(name)) {
        return reward;
      }
    }
    throw new AssertionError(name);
  }

  @Test
  void rewardsThatPartAreNamedWithFiguresAndEpoch() throws IOException {
    evaluate(0, "liked", "0", "weighed", "0", "seen", "0");
    evaluate(4, "liked", "0.2", "weighed", "0", "seen", "0.1");
    evaluate(8, "liked", "0.4", "weighed", "0", "seen", "-0.1");
    evaluate(12, "liked", "0.6", "weighed", "0", "seen", "-0.3");
    JsonNode summary = summary(CONFIG);
    String words = words(summary);
    assertTrue(
        words.matches(
            "The rewards part: liked rose by 0\\.\\d+ ± 0\\.0\\d+, trained on, while seen, not"
                + " trained on, fell by 0\\.\\d+ ± 0\\.0\\d+\\. So it is since epoch 8; changes are"
                + " of 200 held-out pictures since epoch 0, with 95 % intervals\\.\n"),
        words);
    JsonNode seen = reward(summary, "seen");
    assertEquals(0, seen.path("weight").asDouble());
    assertTrue(seen.path("change").path("lost").asBoolean());
    assertEquals(-0.3, seen.path("change").path("mean").asDouble(), 0.05);
    assertTrue(
        seen.path("change").path("half").asDouble() < seen.path("last").path("half").asDouble() / 3,
        "changes are measured picture by picture");
    assertTrue(reward(summary, "liked").path("change").path("gained").asBoolean());
    assertFalse(reward(summary, "weighed").path("change").path("lost").asBoolean());
    assertEquals(4, seen.path("y").size());
    assertTrue(seen.path("low").path(3).asDouble() < seen.path("y").path(3).asDouble());
  }

  /** Within the noise nothing is said, however large the noise of the pictures is. */
  @Test
  void rewardsThatDoNotPartAreToldSo() throws IOException {
    evaluate(0, "liked", "0", "weighed", "0", "seen", "0");
    evaluate(6, "liked", "0.2", "weighed", "0", "seen", "-0.1");
    evaluate(12, "liked", "0.6", "weighed", "0.1", "seen", "0.001");
    assertEquals(
        "At epoch 12 the rewards do not part: no reward that is not trained on is significantly"
            + " lower than at epoch 0 while one that is trained on is higher. They did at epoch"
            + " 6.\n",
        words(summary(CONFIG)));
  }

  /** What falls together is no hacking, and a negative weight wants its reward to fall. */
  @Test
  void theSignOfAWeightCounts() throws IOException {
    evaluate(0, "liked", "0", "seen", "0");
    evaluate(12, "liked", "-0.5", "seen", "-0.3");
    assertTrue(words(summary(CONFIG)).startsWith("At epoch 12 the rewards do not part"));
    assertTrue(
        words(summary("rewards: {liked: -1}\n"))
            .matches("(?s)The rewards part: liked fell by 0\\.(49|50|51).*"));
  }

  /** A reward of an earlier stage is not trained on later, and changes count from the border. */
  @Test
  void stagesAreComparedWithWhatTheyBeganWith() throws IOException {
    evaluate(0, "liked", "0", "seen", "0");
    evaluate(5, "liked", "0.8", "seen", "0.0");
    evaluate(9, "liked", "0.5", "seen", "0.4");
    JsonNode summary =
        summary(
            """
            stages:
              - {name: one, epochs: 5, rewards: {liked: 1}}
              - {name: two, epochs: 5, rewards: {seen: 2}}
            """);
    String words = words(summary);
    assertTrue(
        words.matches("(?s)The rewards part: seen rose by 0\\.(39|40|41).*")
            && words.contains("while liked, not trained on, fell by 0.")
            && words.contains("since epoch 9; changes are of 200 held-out pictures since epoch 5"),
        words);
    assertEquals("two", summary.path("stages").path(1).path("name").asText());
    assertEquals(6, summary.path("stages").path(1).path("from").asInt());
    assertEquals(2, summary.path("stages").path(1).path("rewards").path("seen").asInt());
  }

  @Test
  void whatCannotBeComparedIsSaid() throws IOException {
    evaluate(0, "liked", "0", "seen", "0");
    assertTrue(words(summary(CONFIG)).startsWith("There is one evaluation so far"));
    evaluate(12, "liked", "0.3", "seen", "-1");
    assertTrue(
        words(summary("rewards: {liked: 1, seen: 1}\n"))
            .startsWith("Every reward here is trained on."));
    assertTrue(summary("rewards: [not, settings]\n").path("heldOut").isMissingNode());
    Files.delete(folder.resolve("held-out.jsonl"));
    assertTrue(RunSummary.of(folder).path("heldOut").isMissingNode());
  }

  /** An evaluation that has other pictures, or another reward, is passed over. */
  @Test
  void linesThatDoNotFitAreNoError() throws IOException {
    evaluate(0, "liked", "0");
    lines.append("{\"epoch\":1,\"scores\":{\"liked\":[1,2],\"x\":[\"a\"],\"y\":7}}\n");
    lines.append("{\"epoch\":2}\n");
    evaluate(3, "liked", "0.1", "seen", "1");
    assertTrue(words(summary(CONFIG)).startsWith("At epoch 3 the rewards do not part"));
  }
}
