package org.diffusionnft.cli;

import org.diffusionnft.trainer.run.Resumption;
import org.diffusionnft.trainer.run.TrainRun;

/** Reports where a run resumes. */
final class Resumed {
  private Resumed() {}

  /**
   * Shows the state it resumes from; damage and edited settings are reported even with {@code
   * --quiet}.
   */
  static void show(Resumption from, ComputeOptions compute) {
    from.warnings().forEach(compute::warn);
    compute.note(
        from.checkpoint() == null
            ? "no checkpoint yet: the run begins again"
            : "going on from " + from.checkpoint());
  }

  /** Shows repairs, even with {@code --quiet}. */
  static void showRepairs(TrainRun run, ComputeOptions compute) {
    run.repairs().forEach(compute::warn);
  }
}
