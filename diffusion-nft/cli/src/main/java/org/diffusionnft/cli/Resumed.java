package org.diffusionnft.cli;

import java.io.PrintWriter;
import org.diffusionnft.trainer.run.TrainRun;

/** Says where a run goes on. */
final class Resumed {
  private Resumed() {}

  /** A damaged checkpoint is reported even where all is to be quiet. */
  static void show(TrainRun.Resumption from, PrintWriter err, ComputeOptions compute) {
    from.skipped().forEach(sentence -> err.println("skipped: " + ErrorMessages.oneLine(sentence)));
    err.flush();
    compute.note(
        from.checkpoint() == null
            ? "no checkpoint yet: the run begins again"
            : "going on from " + from.checkpoint());
  }
}
