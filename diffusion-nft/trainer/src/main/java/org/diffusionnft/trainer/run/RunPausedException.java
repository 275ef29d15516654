package org.diffusionnft.trainer.run;

import java.io.IOException;
import java.nio.file.Path;
import org.diffusionnft.rewards.RewardUnavailableException;

/** A run that cannot go on now, but later: its state is saved. The message says how. */
public final class RunPausedException extends IOException {
  private static final long serialVersionUID = 1L;

  RunPausedException(Path folder, long epochs, RewardUnavailableException cause) {
    super(
        ("%s; the run is paused after epoch %d and its state is saved: go on with"
                + " 'dnft train --resume %s' when the reward can be had again")
            .formatted(cause.getMessage(), epochs, folder),
        cause);
  }
}
