package org.diffusionnft.reports;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.diffusionnft.trainer.config.StagePlan;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.StrictJson;

/** Everything that a page shows of a run, as JSON, including pictures. */
final class RunSummary {
  private static final int SHEETS = 12;
  private static final int MOST_ON_A_SHEET = 24;
  private static final int PAIRS = 24;
  private static final int PROMPTS = 12;
  private static final int MOST_EXECUTORS = 200;

  private final RunFolder folder;

  private RunSummary(RunFolder folder) {
    this.folder = folder;
  }

  /**
   * Reads a run's folder; the run may still be in progress.
   *
   * @throws InvalidFileException if it is not a run's folder
   */
  static ObjectNode of(Path folder) throws IOException {
    return new RunSummary(RunFolder.open(folder)).json();
  }

  private ObjectNode json() throws IOException {
    ObjectNode json = StrictJson.object();
    json.put("name", folder.name());
    json.put("config", folder.text("config.yaml"));
    List<JsonNode> metrics = folder.metrics();
    json.put("epochs", metrics.size());
    json.set("metrics", Series.of(metrics));
    json.set("evaluations", Series.of(folder.lines("evaluations.jsonl")));
    ArrayNode stages = json.putArray("stages");
    Optional<StagePlan> plan = RunStages.plan(folder.text("config.yaml"));
    if (plan.isPresent()) {
      RunStages.write(stages, plan.get());
      RewardsApart.write(json, folder.lines("held-out.jsonl"), plan.get());
    }
    comparison(json);
    sheets(json.putArray("sheets"));
    prompts(json.putArray("sheetPrompts"));
    pairs(json.putArray("groups"));
    gains(json.putObject("prompts"));
    executors(json.putArray("executors"));
    return json;
  }

  /** The work of each executor of a cluster: idle time, slow orders, lost orders. */
  private void executors(ArrayNode array) throws IOException {
    Map<String, List<JsonNode>> lines = new LinkedHashMap<>();
    for (JsonNode line : folder.lines("executors.jsonl")) {
      lines.computeIfAbsent(line.path("executor").asText(), _ -> new ArrayList<>()).add(line);
    }
    lines.entrySet().stream()
        .limit(MOST_EXECUTORS)
        .forEach(
            e ->
                array
                    .addObject()
                    .put("executor", e.getKey())
                    .put("epochs", e.getValue().size())
                    .put("orders", sum(e.getValue(), "orders"))
                    .put("busy", sum(e.getValue(), "busy_seconds"))
                    .put("longest", most(e.getValue(), "longest_seconds"))
                    .put("idle", sum(e.getValue(), "idle_share") / e.getValue().size())
                    .put("failed", sum(e.getValue(), "failed")));
  }

  private static double sum(List<JsonNode> lines, String key) {
    return Series.shortened(lines.stream().mapToDouble(l -> l.path(key).asDouble()).sum());
  }

  private static double most(List<JsonNode> lines, String key) {
    return Series.shortened(
        lines.stream().mapToDouble(l -> l.path(key).asDouble()).max().orElse(0));
  }

  /** The results of a demo: scores and pictures of its models side by side. */
  private void comparison(ObjectNode json) throws IOException {
    json.put("scores", folder.text("scores.txt").stripTrailing());
    json.put("beforeAfter", EmbeddedPicture.of(folder.file("before-after.png")));
  }

  /** The prompts of a sheet's pictures, row by row. */
  private void prompts(ArrayNode array) throws IOException {
    folder.text("samples/captions.txt").lines().limit(MOST_ON_A_SHEET).forEach(array::add);
  }

  private void sheets(ArrayNode array) throws IOException {
    List<String> files =
        folder.names("samples").stream().filter(name -> name.endsWith(".png")).toList();
    for (String file : spread(files, SHEETS)) {
      String digits = file.replaceAll("\\D", "");
      String image = EmbeddedPicture.of(folder.file(file));
      if (!digits.isEmpty() && digits.length() < 10 && !image.isEmpty()) {
        array.addObject().put("epoch", Integer.parseInt(digits)).put("image", image);
      }
    }
  }

  private void pairs(ArrayNode array) throws IOException {
    for (JsonNode line : spread(folder.lines("groups.jsonl"), PAIRS)) {
      ObjectNode pair = array.addObject();
      pair.put("epoch", line.path("epoch").asLong());
      pair.put("prompt", line.path("prompt").asText());
      for (String which : new String[] {"best", "worst"}) {
        JsonNode member = line.path(which);
        ObjectNode out = pair.putObject(which);
        out.put("reward", Series.shortened(member.path("reward").asDouble()));
        out.put("r", Series.shortened(member.path("r").asDouble()));
        out.put("image", EmbeddedPicture.of(folder.file(member.path("image").asText("none"))));
      }
    }
  }

  /**
   * The first and last scores of prompts, from evaluations if there are two, else from training.
   */
  private void gains(ObjectNode json) throws IOException {
    List<JsonNode> lines = folder.lines("prompts.jsonl");
    List<JsonNode> heldOut = lines.stream().filter(l -> l.path("held_out").asBoolean()).toList();
    boolean evaluations = heldOut.size() > 1;
    Map<String, List<Double>> scores = new LinkedHashMap<>();
    for (JsonNode line : evaluations ? heldOut : lines) {
      line.path("scores")
          .properties()
          .forEach(
              e ->
                  scores
                      .computeIfAbsent(e.getKey(), _ -> new ArrayList<>())
                      .add(e.getValue().asDouble()));
    }
    List<Map.Entry<String, List<Double>>> seen =
        scores.entrySet().stream()
            .filter(e -> e.getValue().size() > 1)
            .sorted(Comparator.comparingDouble(e -> -gain(e.getValue())))
            .toList();
    json.put("source", evaluations ? "evaluations on held-out prompts" : "training");
    json.put("count", seen.size());
    int each = Math.min(PROMPTS, (seen.size() + 1) / 2);
    list(json.putArray("most"), seen.subList(0, each));
    list(
        json.putArray("least"),
        seen.subList(Math.max(each, seen.size() - PROMPTS), seen.size()).reversed());
  }

  private static void list(ArrayNode array, List<Map.Entry<String, List<Double>>> prompts) {
    for (Map.Entry<String, List<Double>> e : prompts) {
      array
          .addObject()
          .put("prompt", e.getKey())
          .put("first", Series.shortened(early(e.getValue())))
          .put("last", Series.shortened(late(e.getValue())));
    }
  }

  private static double gain(List<Double> scores) {
    return late(scores) - early(scores);
  }

  /** The mean of the first third, since single scores are noisy. */
  private static double early(List<Double> scores) {
    return mean(scores.subList(0, Math.max(1, scores.size() / 3)));
  }

  private static double late(List<Double> scores) {
    return mean(scores.subList(scores.size() - Math.max(1, scores.size() / 3), scores.size()));
  }

  private static double mean(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).average().orElse(0);
  }

  /** At most {@code most} items, evenly spread, with the first and the last. */
  static <T> List<T> spread(List<T> all, int most) {
    if (all.size() <= most) {
      return all;
    }
    List<T> chosen = new ArrayList<>();
    for (int i = 0; i < most; i++) {
      chosen.add(all.get((int) Math.round(i * (all.size() - 1) / (double) (most - 1))));
    }
    return chosen;
  }
}
