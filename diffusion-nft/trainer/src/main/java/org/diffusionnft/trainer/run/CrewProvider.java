package org.diffusionnft.trainer.run;

import java.io.IOException;

/** Provides machines to distribute a run to; found with {@link java.util.ServiceLoader}. */
public interface CrewProvider {
  /**
   * Connects to a cluster and waits until it offers a machine.
   *
   * @throws IOException if it does not answer or has no machine; the message is one sentence
   */
  CrewConnection connect(CrewRequest request) throws IOException;
}
