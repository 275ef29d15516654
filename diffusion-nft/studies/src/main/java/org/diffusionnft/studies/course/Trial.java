package org.diffusionnft.studies.course;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.diffusionnft.tensor.InvalidInputException;
import org.jspecify.annotations.Nullable;

/**
 * A reader's changes to a chapter's picture, to see their effect. Null means the chapter's value.
 *
 * @param steps of the solver
 * @param good number of good blobs of the eight, from the right
 * @param beta of the loss
 */
public record Trial(@Nullable Integer steps, @Nullable Integer good, @Nullable Double beta) {
  /** The unchanged picture. */
  public static final Trial NONE = new Trial(null, null, null);

  private static final int MOST_STEPS = 1000;

  /** The parameters that can be changed. */
  enum Knob {
    STEPS,
    GOOD,
    BETA;

    /** The option of {@code dnft learn}. */
    String option() {
      return "--" + name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  /**
   * Checks the ranges.
   *
   * @throws InvalidInputException for a number out of its range
   */
  public Trial {
    if (steps != null && (steps < 1 || steps > MOST_STEPS)) {
      throw new InvalidInputException("--steps must be 1 to " + MOST_STEPS + ", not " + steps);
    }
    if (good != null && (good < 1 || good >= ToyWorld.BLOBS)) {
      throw new InvalidInputException("--good must be 1 to 7 of the 8 blobs, not " + good);
    }
    if (beta != null && !(beta >= 0.1 && beta <= 10)) {
      throw new InvalidInputException("--beta must be 0.1 to 10, not " + beta);
    }
  }

  /** Rejects parameters without effect. */
  void requireWithin(Set<Knob> knobs, int chapter) {
    List<Knob> turned = new ArrayList<>();
    if (steps != null) {
      turned.add(Knob.STEPS);
    }
    if (good != null) {
      turned.add(Knob.GOOD);
    }
    if (beta != null) {
      turned.add(Knob.BETA);
    }
    for (Knob knob : turned) {
      if (!knobs.contains(knob)) {
        throw new InvalidInputException(
            "%s changes nothing in chapter %d, which takes %s"
                .formatted(
                    knob.option(),
                    chapter,
                    String.join(" and ", knobs.stream().sorted().map(Knob::option).toList())));
      }
    }
  }

  int steps(int usual) {
    return steps == null ? usual : steps;
  }

  double beta(double usual) {
    return beta == null ? usual : beta;
  }

  ToyWorld world() {
    return ToyWorld.eight(good == null ? ToyWorld.GOOD : good);
  }
}
