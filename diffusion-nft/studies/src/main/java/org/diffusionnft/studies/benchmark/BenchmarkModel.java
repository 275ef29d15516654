package org.diffusionnft.studies.benchmark;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.diffusionnft.images.Images;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.models.adapter.ForwardPass;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.trainer.Stop;

/** A model that is open, and how it makes the pictures that are scored. */
public interface BenchmarkModel extends AutoCloseable {
  /**
   * Makes one picture of each prompt.
   *
   * @param policy with which adapter
   * @param first number of the first: the noise depends on it, not on the policy
   * @param stop is looked at now and then
   */
  Images sample(ForwardPass policy, List<Prompt> prompts, int first, Stop stop);

  /**
   * Loads an adapter; to be closed.
   *
   * @throws IOException if it is missing or damaged, or made for another model
   */
  Adapter adapter(Path path) throws IOException;

  /** Frees the model. */
  @Override
  void close();
}
