package org.diffusionnft.models.solver;

import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;

/**
 * The noise levels of a flow-matching sampler: bitwise those of diffusers' {@code
 * FlowMatchEulerDiscreteScheduler} after {@code set_timesteps}.
 *
 * <p>A level σ runs from 1 (noise) to 0 (image); timesteps are σ times the number of training
 * timesteps. The shift (Esser et al., arXiv 2403.03206, equation 23) moves levels towards noise. As
 * in the reference code, it acts twice at the low end: the end points come from the table of
 * training levels, which is already shifted, and all levels are then shifted again. A {@link
 * Spacing} then keeps the first and the last level and replaces those between.
 */
public final class FlowMatchSchedule {
  /** Number of training timesteps of Stable Diffusion 3: noise level σ is timestep 1000 σ. */
  public static final int TRAIN_TIMESTEPS = 1000;

  private final Config config;
  private final float[] sigmas;

  /**
   * The contents of a {@code scheduler_config.json}.
   *
   * @param trainTimesteps {@code num_train_timesteps}, 1000 for Stable Diffusion 3
   * @param shift 1 for none, 3 for Stable Diffusion 3
   * @param spacing the spacing of a sampler's levels
   */
  public record Config(int trainTimesteps, double shift, Spacing spacing) {
    /** The configuration of Stable Diffusion 3 and 3.5. */
    public static final Config SD3 = new Config(TRAIN_TIMESTEPS, 3);

    private static final int FEWEST_TIMESTEPS = 2; // with one, all levels of a sampler would be 1
    private static final int MOST_TIMESTEPS = 100_000;
    private static final double LARGEST_SHIFT = 10_000;

    /**
     * Checks the numbers.
     *
     * @throws InvalidInputException if there are fewer than 2 or more than 100,000 timesteps, or
     *     the shift is not from 0.0001 to 10,000
     */
    public Config {
      if (trainTimesteps < FEWEST_TIMESTEPS || trainTimesteps > MOST_TIMESTEPS) {
        throw new InvalidInputException(
            "num_train_timesteps is "
                + trainTimesteps
                + " but must be from "
                + FEWEST_TIMESTEPS
                + " to "
                + MOST_TIMESTEPS);
      }
      if (!(shift >= 1 / LARGEST_SHIFT && shift <= LARGEST_SHIFT)) {
        throw new InvalidInputException(
            "shift is " + shift + " but must be a number from 0.0001 to 10000");
      }
    }

    /** With the levels of the shift itself. */
    public Config(int trainTimesteps, double shift) {
      this(trainTimesteps, shift, Spacing.SHIFTED);
    }

    /**
     * The shifted training levels, highest first: the scheduler's sigmas before any step is set.
     */
    public float[] trainingSigmas() {
      float[] out = new float[trainTimesteps];
      for (int i = 0; i < out.length; i++) {
        float sigma = (float) (trainTimesteps - i) / trainTimesteps;
        out[i] = (float) shift * sigma / (1 + (float) (shift - 1) * sigma);
      }
      return out;
    }

    /** The schedule for sampling in {@code steps} steps. */
    public FlowMatchSchedule steps(int steps) {
      return new FlowMatchSchedule(this, steps);
    }
  }

  private FlowMatchSchedule(Config config, int steps) {
    if (steps < 1) {
      throw new InvalidInputException(
          "the number of sampling steps is " + steps + " but must be at least 1");
    }
    this.config = config;
    this.sigmas = new float[steps + 1];
    float[] training = config.trainingSigmas();
    int n = config.trainTimesteps();
    double[] levels = new double[steps];
    double start = (double) training[0] * n;
    double stop = (double) training[n - 1] * n;
    for (int i = 0; i < steps; i++) {
      // numpy.linspace, whose last entry is exactly the end point
      double t = i > 0 && i == steps - 1 ? stop : i * ((stop - start) / (steps - 1)) + start;
      double sigma = (steps == 1 ? start : t) / n;
      levels[i] = config.shift() * sigma / (1 + (config.shift() - 1) * sigma);
    }
    double[] spaced = config.spacing().levels(levels[0], levels[steps - 1], levels);
    for (int i = 0; i < steps; i++) {
      sigmas[i] = (float) spaced[i];
    }
  }

  /** The configuration of this schedule. */
  public Config config() {
    return config;
  }

  /** Number of sampling steps. */
  public int steps() {
    return sigmas.length - 1;
  }

  /** The levels, descending, one more than there are steps; the last is 0. */
  public float[] sigmas() {
    return sigmas.clone();
  }

  /** Level {@code i}. */
  public float sigma(int i) {
    return sigmas[i];
  }

  /** The timestep of each step: σ times the number of training timesteps, as a float product. */
  public float[] timesteps() {
    float[] out = new float[steps()];
    for (int i = 0; i < out.length; i++) {
      out[i] = sigmas[i] * config.trainTimesteps();
    }
    return out;
  }

  /** The timesteps truncated to integers, as DiffusionNFT's sampler passes them to the model. */
  public long[] truncatedTimesteps() {
    float[] timesteps = timesteps();
    long[] out = new long[timesteps.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = (long) timesteps[i];
    }
    return out;
  }

  /** Euler's step from level {@code i} to the next: {@code x + (σ_{i+1} - σ_i) v}. */
  public Tensor step(Tensor velocity, int i, Tensor x) {
    return Elementwise.add(x, Elementwise.scale(velocity, sigmas[i + 1] - sigmas[i]));
  }

  /**
   * The forward process {@code σ noise + (1 - σ) sample} at the level of each entry's timestep.
   *
   * @param sample {@code [B, ..]}
   * @param timesteps B values from {@link #timesteps}
   * @throws InvalidInputException if a timestep is not in the schedule
   */
  public Tensor addNoise(Tensor sample, float[] timesteps, Tensor noise) {
    float[] sigma = new float[timesteps.length];
    float[] rest = new float[timesteps.length];
    for (int b = 0; b < sigma.length; b++) {
      sigma[b] = sigmas[indexOf(timesteps[b])];
      rest[b] = 1 - sigma[b];
    }
    Shape shape = sample.shape();
    for (int axis = 1; axis < shape.rank(); axis++) {
      shape = shape.with(axis, 1);
    }
    return Elementwise.add(
        Elementwise.mul(Tensor.of(sample.device(), sigma, shape.dims()), noise),
        Elementwise.mul(Tensor.of(sample.device(), rest, shape.dims()), sample));
  }

  /**
   * The step index of a timestep; the second one if several steps share it, as in the reference
   * code.
   */
  private int indexOf(float timestep) {
    float[] timesteps = timesteps();
    int found = -1;
    int count = 0;
    for (int i = 0; i < timesteps.length && count < 2; i++) {
      if (timesteps[i] == timestep) {
        found = i;
        count++;
      }
    }
    if (found < 0) {
      throw new InvalidInputException(
          "timestep " + timestep + " is not one of the " + steps() + " of this schedule");
    }
    return found;
  }
}
