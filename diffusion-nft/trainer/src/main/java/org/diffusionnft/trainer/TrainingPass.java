package org.diffusionnft.trainer;

import java.util.ArrayList;
import java.util.List;
import org.diffusionnft.models.solver.FlowMatchSchedule;
import org.diffusionnft.rewards.Prompt;

/** One pass over a rollout's images in random order, each with its own timesteps and noise. */
final class TrainingPass {
  private final Rollout rollout;
  private final double[][] advantages;
  private final float[] timesteps;
  private final int inRange;
  private final Randomness randomness;
  private final long pass;
  private final int[] order;

  /**
   * A pass.
   *
   * @param advantages {@code [N, T]}; T timesteps of each image are trained
   * @param schedule the sampling schedule, whose timesteps are chosen from
   * @param inRange how many of them, from the noisiest on
   * @param pass its index in the run
   */
  TrainingPass(
      Rollout rollout,
      double[][] advantages,
      FlowMatchSchedule schedule,
      int inRange,
      Randomness randomness,
      long pass) {
    this.rollout = rollout;
    this.advantages = advantages;
    this.timesteps = schedule.timesteps();
    this.inRange = inRange;
    this.randomness = randomness;
    this.pass = pass;
    this.order = randomness.imageOrder(pass, rollout.images());
  }

  /**
   * Images at one noise level each.
   *
   * @param prompts B
   * @param timesteps {@code [B]}, not truncated to integers, unlike in sampling
   * @param t noise levels, {@code [B]}
   * @param x0 {@code [B, size]}
   * @param noise {@code [B, size]}
   * @param xt {@code (1 - t) x0 + t noise}, {@code [B, size]}
   * @param advantages {@code [B]}
   */
  record Batch(
      List<Prompt> prompts,
      float[] timesteps,
      float[] t,
      float[] x0,
      float[] noise,
      float[] xt,
      double[] advantages) {}

  /**
   * A batch at one of its timesteps.
   *
   * @param first place in the order of the batch's first image
   * @param images in the batch
   * @param turn which of its timesteps each image is at
   */
  Batch batch(int first, int images, int turn) {
    int size = rollout.latents(order[first]).length;
    List<Prompt> prompts = new ArrayList<>();
    float[] at = new float[images];
    float[] t = new float[images];
    float[] x0 = new float[images * size];
    float[] noise = new float[images * size];
    float[] xt = new float[images * size];
    double[] advantage = new double[images];
    for (int b = 0; b < images; b++) {
      int place = first + b;
      int image = order[place];
      prompts.add(rollout.prompts().get(image));
      at[b] = timesteps[randomness.timestepOrder(pass, place, inRange)[turn]];
      t[b] = at[b] / FlowMatchSchedule.TRAIN_TIMESTEPS;
      advantage[b] = advantages[image][turn];
      float[] latents = rollout.latents(image);
      float[] drawn = randomness.training(pass, place, turn, size);
      for (int i = 0; i < size; i++) {
        x0[b * size + i] = latents[i];
        noise[b * size + i] = drawn[i];
        xt[b * size + i] = (1 - t[b]) * latents[i] + t[b] * drawn[i];
      }
    }
    return new Batch(prompts, at, t, x0, noise, xt, advantage);
  }
}
