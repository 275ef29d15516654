package org.diffusionnft.trainer.shapes;

import org.diffusionnft.models.FlowMatchSchedule;
import org.diffusionnft.models.Solver;

/**
 * How pictures are sampled.
 *
 * @param solver from one noise level to the next
 * @param schedule noise levels
 * @param guidance scale of classifier-free guidance; 1 for none
 */
public record SamplingSettings(Solver solver, FlowMatchSchedule schedule, double guidance) {
  /** The noise levels of the shipped model: not shifted. */
  public static final FlowMatchSchedule.Config SCHEDULE = new FlowMatchSchedule.Config(1000, 1);

  /** The guidance scale of the comparison with guidance. */
  public static final double GUIDANCE = 3;

  /** Ten steps of DPM-Solver++ of order 2, without guidance. */
  public static final SamplingSettings DEFAULT =
      new SamplingSettings(Solver.named("dpm2", true, 0), SCHEDULE.steps(10), 1);

  /**
   * Checks the range.
   *
   * @throws IllegalArgumentException if the guidance scale is no number from 0
   */
  public SamplingSettings {
    if (!(guidance >= 0) || Double.isInfinite(guidance)) {
      throw new IllegalArgumentException(
          "the guidance scale must be a number of at least 0, not " + guidance);
    }
  }

  /** The same with another guidance scale. */
  public SamplingSettings guided(double scale) {
    return new SamplingSettings(solver, schedule, scale);
  }

  /** The same with another number of steps. */
  public SamplingSettings steps(int steps) {
    return new SamplingSettings(solver, schedule.config().steps(steps), guidance);
  }
}
