package org.diffusionnft.trainer.run;

import org.diffusionnft.trainer.Crew;
import org.diffusionnft.trainer.config.TrainConfig;

/** A connection to a cluster that is ready for a run. */
public interface CrewConnection extends AutoCloseable {
  /**
   * The crew of a run, which belongs to this connection.
   *
   * @param config of the run, with the values of its starting adapter filled in
   * @param trainable remains owned by the caller
   */
  Crew crew(TrainConfig config, Trainable trainable);

  /** Releases the cluster. */
  @Override
  void close();
}
