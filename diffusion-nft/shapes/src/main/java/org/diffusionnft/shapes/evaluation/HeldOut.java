package org.diffusionnft.shapes.evaluation;

import java.util.List;
import java.util.function.IntConsumer;
import org.diffusionnft.shapes.ShapesPrompt;
import org.diffusionnft.shapes.ShapesPrompts;
import org.diffusionnft.shapes.model.ShapesSampler;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Philox;

/**
 * The held-out prompts and the noise for evaluating every model, so that two models can be compared
 * picture by picture.
 *
 * @param prompts the prompts
 * @param seed of the noise
 */
public record HeldOut(List<ShapesPrompt> prompts, long seed) {
  /** The number of prompts of the full set: 86 for each of the six categories. */
  public static final int FULL = 516;

  private static final int MOST = 20_000; // all their pictures are kept in memory
  private static final long SEED = 7;

  /** A model's pictures for the prompts, and their scores. */
  public record Outcome(ScoreTable scores, List<float[]> images) {}

  /** Keeps a copy of the list. */
  public HeldOut {
    prompts = List.copyOf(prompts);
  }

  /**
   * The evaluation set, or its first prompts.
   *
   * @throws InvalidInputException unless it has 1 to 20000 prompts
   */
  public static HeldOut of(int size) {
    if (size < 1 || size > MOST) {
      throw new InvalidInputException(
          "the number of ShapesWorld prompts to evaluate on must be %s, not %d"
              .formatted(size < 1 ? "at least 1" : "at most " + MOST, size));
    }
    return new HeldOut(ShapesPrompts.evaluationSet(size, new Philox(SEED, 0).sequence(0)), SEED);
  }

  /** The captions of the prompts. */
  public List<String> captions() {
    return prompts.stream().map(ShapesPrompt::text).toList();
  }

  /**
   * Samples one picture of each prompt and judges it.
   *
   * @param done called with the number of pictures done so far
   */
  public Outcome evaluate(ShapesSampler sampler, IntConsumer done) {
    List<float[]> images = sampler.sample(captions(), seed, done);
    return new Outcome(ScoreTable.judge(prompts, images), images);
  }
}
