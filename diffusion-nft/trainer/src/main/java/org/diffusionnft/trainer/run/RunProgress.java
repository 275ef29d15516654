package org.diffusionnft.trainer.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.OptionalDouble;
import org.diffusionnft.trainer.Trainer;
import org.diffusionnft.trainer.config.TrainConfig;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.StrictJson;

/**
 * A run's position, as {@code progress.json} of a checkpoint: epoch and step, and values derived
 * from them, so that people and other programs need not know our rules. Random numbers are
 * addressed, so their position is the next epoch and pass; the sampler is always at an epoch's
 * first image.
 *
 * @param epoch epochs done
 * @param step optimizer steps done
 * @param seed of the run
 * @param promptsSeen number of distinct prompts so far
 * @param score the score that checkpoints are ranked by, if this one has one
 */
record RunProgress(long epoch, long step, long seed, int promptsSeen, OptionalDouble score) {
  static final String NAME = "progress.json";
  private static final int VERSION = 1;

  static RunProgress of(Trainer trainer, TrainConfig config, OptionalDouble score) {
    return new RunProgress(
        trainer.epoch(), trainer.step(), config.seed(), trainer.promptsSeen(), score);
  }

  void write(Path folder, TrainConfig config) throws IOException {
    ObjectNode json = StrictJson.object();
    json.put("version", VERSION);
    String program = RunProgress.class.getPackage().getImplementationVersion();
    json.put("program", program == null ? "not packaged" : program);
    json.put("epoch", epoch);
    json.put("step", step);
    json.putObject("random")
        .put("generator", "philox4x32-10")
        .put("seed", seed)
        .put("epoch", epoch)
        .put("pass", config.plan().pass(epoch));
    json.putObject("sampler").put("epoch", epoch).put("image", 0);
    ObjectNode statistics = json.putObject("statistics");
    statistics.put("promptsSeen", promptsSeen);
    score.ifPresent(s -> statistics.put("score", s));
    StrictJson.write(folder.resolve(NAME), json);
  }

  /**
   * Reads a checkpoint's progress.
   *
   * @throws InvalidFileException if it is missing, or from another version of this program
   */
  static RunProgress read(Path folder) throws InvalidFileException {
    Path file = folder.resolve(NAME);
    JsonNode json = StrictJson.readObject(file);
    JsonNode version = json.path("version");
    if (!version.isInt() || version.asInt() != VERSION) {
      throw new InvalidFileException(
          file,
          "is of version "
              + (version.isMissingNode() ? "unknown" : version)
              + ", but this build reads version "
              + VERSION
              + ": go on with the build that wrote it");
    }
    JsonNode statistics = json.path("statistics");
    return new RunProgress(
        number(file, json, "epoch", 0, Long.MAX_VALUE),
        number(file, json, "step", 0, Long.MAX_VALUE),
        number(file, json.path("random"), "seed", Long.MIN_VALUE, Long.MAX_VALUE),
        (int) number(file, statistics, "promptsSeen", 0, Integer.MAX_VALUE),
        statistics.path("score").isNumber()
            ? OptionalDouble.of(statistics.path("score").asDouble())
            : OptionalDouble.empty());
  }

  private static long number(Path file, JsonNode json, String key, long least, long most)
      throws InvalidFileException {
    if (!json.path(key).isIntegralNumber()) {
      throw new InvalidFileException(file, "has no number '" + key + "'");
    }
    long number = json.path(key).asLong();
    if (!json.path(key).canConvertToLong() || number < least || number > most) {
      throw new InvalidFileException(
          file, "has a number '%s' that no run can have: %s".formatted(key, json.path(key)));
    }
    return number;
  }
}
