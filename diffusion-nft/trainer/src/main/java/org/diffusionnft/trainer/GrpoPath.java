package org.diffusionnft.trainer;

import java.nio.FloatBuffer;

/**
 * One image's way from noise: what every step began with and where the last one ended, what each
 * predicted, and how probable it was.
 *
 * @param numbers all of it in a row, as it stands in a {@link Rollout}
 * @param turns T, steps of sampling
 * @param size of an image's latents
 */
record GrpoPath(float[] numbers, int turns, int size) {
  /** A way to be filled in. */
  static GrpoPath empty(int turns, int size) {
    long numbers = (2L * turns + 1) * size + turns;
    return new GrpoPath(new float[Math.toIntExact(numbers)], turns, size);
  }

  /** The latents before step {@code j} of {@code 0 ... T}. */
  FloatBuffer latents(int j) {
    return part(j);
  }

  /** What was predicted at step {@code j}. */
  FloatBuffer velocity(int j) {
    return part(turns + 1 + j);
  }

  /** The logarithm of the density of what step {@code j} drew. */
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
