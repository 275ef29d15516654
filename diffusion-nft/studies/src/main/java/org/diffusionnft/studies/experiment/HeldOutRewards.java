package org.diffusionnft.studies.experiment;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import org.diffusionnft.trainer.evaluation.MeanInterval;
import org.diffusionnft.weights.io.JsonLines;

/**
 * Several rewards' scores of the held-out pictures of the base and of each arm, whether trained on
 * them or not.
 *
 * @param base by reward
 * @param arms by arm, one for each seed, by reward
 */
record HeldOutRewards(
    SequencedMap<String, Double> base, SequencedMap<Arm, List<Map<String, Double>>> arms) {
  private static final int DIGITS = 3;

  /** The rewards after the last epoch of each run, and before the first one of any. */
  static HeldOutRewards read(SequencedMap<Arm, List<Path>> runs) throws IOException {
    SequencedMap<String, Double> base = new LinkedHashMap<>();
    SequencedMap<Arm, List<Map<String, Double>>> arms = new LinkedHashMap<>();
    for (Map.Entry<Arm, List<Path>> arm : runs.entrySet()) {
      List<Map<String, Double>> ends = new ArrayList<>();
      for (Path run : arm.getValue()) {
        List<JsonNode> lines = JsonLines.read(run.resolve("evaluations.jsonl"));
        ends.add(JsonLines.numbers("", lines.getLast().path("rewards")));
        if (lines.getFirst().path("epoch").asLong() == 0) {
          JsonLines.numbers("", lines.getFirst().path("rewards")).forEach(base::putIfAbsent);
        }
      }
      arms.put(arm.getKey(), ends);
    }
    return new HeldOutRewards(base, arms);
  }

  /** Names of the columns. */
  List<String> head() {
    List<String> head = new ArrayList<>(List.of("trained on"));
    head.addAll(base.keySet());
    return head;
  }

  /**
   * A row for the base and one for each arm. With several seeds, a cell says in words whether the
   * interval is above or below the base.
   */
  List<List<String>> rows() {
    List<List<String>> rows = new ArrayList<>();
    List<String> first = new ArrayList<>(List.of("nothing: the base"));
    base.values().forEach(v -> first.add(String.format(Locale.ROOT, "%." + digits(v) + "f", v)));
    rows.add(first);
    arms.forEach(
        (arm, seeds) -> {
          List<String> row = new ArrayList<>(List.of(arm.title()));
          base.forEach((name, before) -> row.add(cell(name, before, seeds)));
          rows.add(row);
        });
    return rows;
  }

  private static String cell(String name, double before, List<Map<String, Double>> seeds) {
    MeanInterval end =
        MeanInterval.of(
            seeds.stream().mapToDouble(seed -> seed.getOrDefault(name, Double.NaN)).toArray());
    String text = end.text(1, digits(before));
    if (end.mean() - end.half() > before) {
      return text + ", rose";
    }
    return end.mean() + end.half() < before ? text + ", fell" : text;
  }

  /** The decimal places for three significant digits. */
  private static int digits(double value) {
    return value == 0
        ? DIGITS
        : (int) Math.clamp(DIGITS - Math.ceil(Math.log10(Math.abs(value))), 0, 9);
  }

  /** All numbers, for programs. */
  ObjectNode json(ObjectNode json, List<Long> seeds) {
    ObjectNode start = json.putObject("base");
    base.forEach(start::put);
    arms.forEach(
        (arm, ends) -> {
          ObjectNode bySeed = json.putObject(arm.name());
          for (int i = 0; i < ends.size(); i++) {
            ends.get(i).forEach(bySeed.putObject(Long.toString(seeds.get(i)))::put);
          }
        });
    return json;
  }
}
