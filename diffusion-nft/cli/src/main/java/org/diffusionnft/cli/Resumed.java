package org.diffusionnft.cli;

import org.diffusionnft.trainer.run.Resumption;
import org.diffusionnft.trainer.run.TrainRun;

/** Says where a run goes on. */
final class Resumed {
  private Resumed() {}

  /** Damage and edited settings are reported even where all is to be quiet. */
  static void show(Resumption from, ComputeOptions compute) {
    from.warnings().forEach(compute::warn);
    compute.note(
        from.checkpoint() == null
            ? "no checkpoint yet: the run begins again"
            : "going on from " + from.checkpoint());
  }

  /** So are repairs. */
  static void showRepairs(TrainRun run, ComputeOptions compute) {
    run.repairs().forEach(compute::warn);
  }
}
