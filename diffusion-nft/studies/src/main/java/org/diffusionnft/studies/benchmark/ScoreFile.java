package org.diffusionnft.studies.benchmark;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.rewards.WeightedRewards.Scores;
import org.diffusionnft.weights.io.AppendedFile;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.JsonLines;
import org.diffusionnft.weights.io.StrictJson;

/**
 * The scores of a policy's pictures, one line each, appended in whole batches: {@code {"index": 0,
 * "prompt": "a cat", "category": "", "scores": {"pickscore": 0.86}}}.
 */
final class ScoreFile {
  private static final String INDEX = "index";
  private static final String SCORES = "scores";

  private final Path file;

  ScoreFile(Path file) {
    this.file = file;
  }

  /**
   * Keeps only whole batches: a killed process may have written part of one.
   *
   * @param batch pictures per batch, except the last
   * @param all total number of pictures
   * @return the number of scored pictures
   */
  int repair(int batch, int all) throws IOException {
    int there = JsonLines.read(file).size();
    int whole = there >= all ? all : there / batch * batch;
    JsonLines.keep(file, line -> line.path(INDEX).asLong() < whole, INDEX);
    return whole;
  }

  /** Adds a batch; on return it is on disk. */
  void append(int first, List<Prompt> prompts, Scores scores) throws IOException {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < prompts.size(); i++) {
      ObjectNode line = StrictJson.object();
      line.put(INDEX, first + i);
      line.put("prompt", prompts.get(i).text());
      line.put("category", Benchmark.category(prompts.get(i)));
      ObjectNode values = line.putObject(SCORES);
      for (Map.Entry<String, float[]> reward : scores.components().entrySet()) {
        values.put(reward.getKey(), reward.getValue()[i]);
      }
      lines.append(line).append('\n');
    }
    try (AppendedFile open = AppendedFile.open(file)) {
      open.append(lines.toString());
      open.sync();
    }
  }

  /**
   * The scores by reward, picture by picture.
   *
   * @throws InvalidFileException if a line lacks a score
   */
  SequencedMap<String, double[]> read(Collection<String> rewards) throws IOException {
    List<JsonNode> lines = JsonLines.read(file);
    SequencedMap<String, double[]> scores = new LinkedHashMap<>();
    rewards.forEach(reward -> scores.put(reward, new double[lines.size()]));
    for (int i = 0; i < lines.size(); i++) {
      for (Map.Entry<String, double[]> reward : scores.entrySet()) {
        JsonNode score = lines.get(i).path(SCORES).path(reward.getKey());
        if (!score.isNumber() || lines.get(i).path(INDEX).asInt(-1) != i) {
          throw new InvalidFileException(
              file,
              "line %d has no score '%s' of picture %d: delete the file to score all again"
                  .formatted(i + 1, reward.getKey(), i));
        }
        reward.getValue()[i] = score.asDouble();
      }
    }
    return scores;
  }
}
