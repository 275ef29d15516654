package org.diffusionnft.studies.benchmark;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.trainer.config.SamplingSettings;
import org.diffusionnft.weights.io.StrictJson;

/**
 * How the pictures are sampled, the same for all policies.
 *
 * @param model {@code shapes}, or the model's path
 * @param resolution side of a picture of a model on disk, in pixels
 * @param sampling as in the paper's table 1: 40 steps of {@code flow}, no guidance
 * @param seed of the noise
 * @param kept number of a policy's pictures that are kept, from the first on
 */
public record BenchmarkSettings(
    String model, int resolution, SamplingSettings sampling, long seed, int kept) {
  private static final int MOST_KEPT = 1_000_000;

  /**
   * Checks the number of pictures.
   *
   * @throws InvalidInputException unless it is from 1 to 1,000,000
   */
  public BenchmarkSettings {
    if (kept < 1 || kept > MOST_KEPT) {
      throw new InvalidInputException(
          "the number of pictures to keep must be 1 to %d, not %d".formatted(MOST_KEPT, kept));
    }
  }

  /** Everything that determines the pictures and which of them are kept. */
  ObjectNode toJson() {
    ObjectNode json = StrictJson.object();
    json.put("model", model);
    json.put("resolution", resolution);
    json.put("steps", sampling.steps());
    json.put("solver", sampling.solver());
    json.put("guidance", sampling.guidanceScale());
    json.put("shift", sampling.shift());
    json.put("batch", sampling.batchSize());
    json.put("precision", sampling.precision().option());
    json.put("seed", seed);
    json.put("pictures kept", kept);
    return json;
  }
}
