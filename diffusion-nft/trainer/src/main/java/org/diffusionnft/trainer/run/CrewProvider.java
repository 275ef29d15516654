package org.diffusionnft.trainer.run;

import java.io.IOException;

/** Offers machines to share a run out to; found with {@link java.util.ServiceLoader}. */
public interface CrewProvider {
  /**
   * Connects to a cluster, and waits until it has a machine for us.
   *
   * @throws IOException if it does not answer, or has none; one sentence
   */
  CrewConnection connect(CrewRequest request) throws IOException;
}
