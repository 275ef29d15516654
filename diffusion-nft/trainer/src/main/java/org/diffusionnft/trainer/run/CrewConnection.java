package org.diffusionnft.trainer.run;

import org.diffusionnft.trainer.Crew;
import org.diffusionnft.trainer.config.TrainConfig;

/** A cluster that waits for a run. */
public interface CrewConnection extends AutoCloseable {
  /**
   * The crew of a run, which belongs to this connection.
   *
   * @param config of the run, with all that the adapter it starts from has
   * @param trainable stays the caller's
   */
  Crew crew(TrainConfig config, Trainable trainable);

  /** Lets the cluster go. */
  @Override
  void close();
}
