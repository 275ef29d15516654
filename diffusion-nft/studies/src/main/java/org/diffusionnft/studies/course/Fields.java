package org.diffusionnft.studies.course;

import org.diffusionnft.studies.course.ToySampler.Field;

/** The velocity fields that the chapters compare, by formula. */
final class Fields {
  private Fields() {}

  /** The policy that drew the images. */
  static Field old(ToyWorld world) {
    return (x, t) -> world.at(x, t).old();
  }

  /** {@code v⁺}: the policy of the good images alone. */
  static Field positive(ToyWorld world) {
    return (x, t) -> world.at(x, t).positive();
  }

  /** {@code v⁻}: the policy of the bad images alone. */
  static Field negative(ToyWorld world) {
    return (x, t) -> world.at(x, t).negative();
  }

  /** A mixture of {@code v⁺}, with weight {@code share}, and the old policy. */
  static Field mixed(ToyWorld world, double share) {
    return (x, t) -> {
      ToyWorld.At at = world.at(x, t);
      return at.old().times(1 - share).plus(at.positive().times(share));
    };
  }

  /** Classifier-free guidance from the old policy to {@code v⁺}: 1 is {@code v⁺}. */
  static Field guided(ToyWorld world, double scale) {
    return mixed(world, scale);
  }

  /** The minimiser of DiffusionNFT's loss: {@code v_old + (2/β) Δ}. */
  static Field updated(ToyWorld world, double beta) {
    return (x, t) -> {
      ToyWorld.At at = world.at(x, t);
      return at.old().plus(at.direction().times(2 / beta));
    };
  }
}
