package org.diffusionnft.cli;

import java.io.PrintWriter;
import org.diffusionnft.trainer.run.Resumption;
import org.diffusionnft.trainer.run.TrainRun;

/** Says where a run goes on. */
final class Resumed {
  private Resumed() {}

  /** Damage and edited settings are reported even where all is to be quiet. */
  static void show(Resumption from, PrintWriter err, ComputeOptions compute) {
    from.warnings()
        .forEach(sentence -> err.println("dnft: warning: " + ErrorMessages.oneLine(sentence)));
    err.flush();
    compute.note(
        from.checkpoint() == null
            ? "no checkpoint yet: the run begins again"
            : "going on from " + from.checkpoint());
  }

  /** So are repairs. */
  static void showRepairs(TrainRun run, PrintWriter err) {
    run.repairs().forEach(sentence -> err.println("dnft: warning: " + sentence));
    err.flush();
  }
}
