package org.diffusionnft.models.solver;

/**
 * One step of a stochastic solver as a normal distribution of the next latents: {@code x' ~ N(mean,
 * std²)} with {@code mean = latents · x + dt · (velocity · v)}. Policy gradients differentiate its
 * log density.
 *
 * @param latents factor on the latents x
 * @param velocity factor on the velocity v, before {@code dt}
 * @param dt difference of the noise levels, negative
 * @param std standard deviation of the added noise
 * @param diffusion {@code std / sqrt(-dt)}: the diffusion coefficient, by which Flow-GRPO's KL term
 *     divides
 * @param constant subtracted from every log density: {@code log(std) + log(sqrt(2 pi))}, or 0 where
 *     the reference code omits it
 * @param variance squared differences in a log density are divided by twice this: {@code std²}, or
 *     1/2 where the reference code omits the scale
 */
public record GaussianStep(
    float latents,
    float velocity,
    float dt,
    float std,
    float diffusion,
    double constant,
    double variance) {

  /** A step whose log density is that of its normal distribution, except for the constant. */
  public GaussianStep(
      float latents, float velocity, float dt, float std, float diffusion, double constant) {
    this(latents, velocity, dt, std, diffusion, constant, (double) std * std);
  }

  /** One element of the mean, in the reference code's order of float operations. */
  public float mean(float x, float v) {
    return latents * x + velocity * v * dt;
  }

  /** {@code d mean / d v}. */
  public float slope() {
    return velocity * dt;
  }

  /**
   * Mean log density per element of one sample.
   *
   * @param meanSquare of {@code x' - mean} over the sample's elements
   */
  public float logProb(float meanSquare) {
    return (float) (meanSquare * (-1 / (2 * variance)) - constant);
  }
}
