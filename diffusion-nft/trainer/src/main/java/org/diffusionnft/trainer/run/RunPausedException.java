package org.diffusionnft.trainer.run;

import java.io.IOException;
import java.nio.file.Path;
import org.diffusionnft.rewards.RewardUnavailableException;
import org.diffusionnft.trainer.CrewUnavailableException;

/**
 * A run that cannot continue now but can be resumed later: its state is saved. The message says
 * how.
 */
public final class RunPausedException extends IOException {
  private static final long serialVersionUID = 1L;

  RunPausedException(Path folder, long epochs, RewardUnavailableException cause) {
    this(folder, epochs, cause, "when the reward works again");
  }

  RunPausedException(Path folder, long epochs, CrewUnavailableException cause) {
    this(folder, epochs, cause, "on this machine, or with --spark-master when the cluster can");
  }

  private RunPausedException(Path folder, long epochs, RuntimeException cause, String when) {
    super(
        "%s; the run is paused after epoch %d and its state is saved: go on with 'dnft train --resume %s' %s"
            .formatted(cause.getMessage(), epochs, folder, when),
        cause);
  }
}
