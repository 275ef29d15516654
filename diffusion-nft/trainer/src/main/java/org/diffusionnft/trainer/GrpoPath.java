package org.diffusionnft.trainer;

import java.nio.FloatBuffer;

/**
 * One image's trajectory: the latents before every step and after the last one, each step's
 * predicted velocity and log probability.
 *
 * @param numbers all of it in one array, as stored in a {@link Rollout}
 * @param turns T, the number of sampling steps
 * @param size of an image's latents
 */
record GrpoPath(float[] numbers, int turns, int size) {
  /** A trajectory to be filled in. */
  static GrpoPath empty(int turns, int size) {
    long numbers = (2L * turns + 1) * size + turns;
    return new GrpoPath(new float[Math.toIntExact(numbers)], turns, size);
  }

  /** The latents before step {@code j} of {@code 0 ... T}. */
  FloatBuffer latents(int j) {
    return part(j);
  }

  /** The velocity predicted at step {@code j}. */
  FloatBuffer velocity(int j) {
    return part(turns + 1 + j);
  }

  /** The log density of the sample that step {@code j} drew. */
  float logProb(int j) {
    return numbers[(2 * turns + 1) * size + j];
  }

  void logProb(int j, float value) {
    numbers[(2 * turns + 1) * size + j] = value;
  }

  private FloatBuffer part(int i) {
    return FloatBuffer.wrap(numbers, i * size, size).slice();
  }
}
