package org.diffusionnft.shapes.pretrain;

import io.soabase.recordbuilder.core.RecordBuilder;
import org.diffusionnft.tensor.InvalidInputException;

/**
 * The recipe of a pretraining run. Two runs with equal settings give the same bytes.
 *
 * @param steps optimizer steps
 * @param batch samples per step
 * @param learningRate peak learning rate
 * @param warmup number of steps until the peak
 * @param finalRate the cosine schedule's final rate, as a fraction of the peak
 * @param beta2 AdamW's decay of the second moment; the first one's is 0.9
 * @param weightDecay AdamW's decoupled weight decay
 * @param maxGradientNorm gradients are scaled down to this norm
 * @param emaDecay the maximum decay of the averaged weights
 * @param captionDropout probability that a sample loses its caption, for classifier-free guidance
 * @param captionMistakes probability that a scene differs from its caption in one point
 * @param levelMean mean of the normal distribution whose sigmoid is the noise level
 * @param levelSpread its standard deviation
 * @param seed of all randomness
 */
@RecordBuilder
public record PretrainSettings(
    int steps,
    int batch,
    double learningRate,
    int warmup,
    double finalRate,
    double beta2,
    double weightDecay,
    double maxGradientNorm,
    double emaDecay,
    double captionDropout,
    double captionMistakes,
    double levelMean,
    double levelSpread,
    long seed)
    implements PretrainSettingsBuilder.With {

  private static final int MOST_STEPS = 100_000_000;
  private static final int MOST_SAMPLES = 16_384;

  /** The recipe of the built-in checkpoint. */
  public static final PretrainSettings SHAPES =
      new PretrainSettings(9000, 48, 5e-3, 100, 0.02, 0.99, 0, 1, 0.997, 0.1, 0.7, 0.7, 1.2, 0);

  /**
   * Checks the ranges.
   *
   * @throws InvalidInputException that names the setting
   */
  public PretrainSettings {
    require("steps", steps, steps >= 1 && steps <= MOST_STEPS, "1 to " + MOST_STEPS);
    require("batch", batch, batch >= 1 && batch <= MOST_SAMPLES, "1 to " + MOST_SAMPLES);
    require("learningRate", learningRate, positive(learningRate), "a number above 0");
    require("warmup", warmup, warmup >= 0, "at least 0");
    require("finalRate", finalRate, isShare(finalRate), "in [0, 1]");
    require("beta2", beta2, beta2 >= 0 && beta2 < 1, "in [0, 1)");
    require("weightDecay", weightDecay, weightDecay == 0 || positive(weightDecay), "at least 0");
    require("maxGradientNorm", maxGradientNorm, positive(maxGradientNorm), "a number above 0");
    require("emaDecay", emaDecay, emaDecay >= 0 && emaDecay < 1, "in [0, 1)");
    require("captionDropout", captionDropout, isShare(captionDropout), "in [0, 1]");
    require("captionMistakes", captionMistakes, isShare(captionMistakes), "in [0, 1]");
    require("levelMean", levelMean, Double.isFinite(levelMean), "a number");
    require("levelSpread", levelSpread, positive(levelSpread), "a number above 0");
  }

  /** The learning rate of a step, from 1: linear warm-up, then cosine decay. */
  public double learningRate(long step) {
    double rise = warmup == 0 ? 1 : Math.min(1, (double) step / warmup);
    double cosine = 0.5 * (1 + StrictMath.cos(Math.PI * step / steps));
    return learningRate * rise * (cosine * (1 - finalRate) + finalRate);
  }

  /** Checked as a float, the type that computations use. */
  private static boolean positive(double x) {
    return (float) x > 0 && Float.isFinite((float) x);
  }

  private static boolean isShare(double x) {
    return x >= 0 && x <= 1;
  }

  private static void require(String name, Number value, boolean within, String range) {
    if (!within) {
      throw new InvalidInputException(name + " must be " + range + ", not " + value);
    }
  }
}
