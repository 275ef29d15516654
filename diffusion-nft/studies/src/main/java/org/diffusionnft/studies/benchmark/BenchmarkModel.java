package org.diffusionnft.studies.benchmark;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.diffusionnft.images.Images;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.models.adapter.ForwardPass;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.trainer.Stop;

/** An open model, and how it samples the pictures to score. */
public interface BenchmarkModel extends AutoCloseable {
  /**
   * Makes one picture of each prompt.
   *
   * @param policy the forward pass, with an adapter or without
   * @param first index of the first prompt: the noise depends on it, not on the policy
   * @param stop is polled now and then
   */
  Images sample(ForwardPass policy, List<Prompt> prompts, int first, Stop stop);

  /**
   * Loads an adapter; the caller closes it.
   *
   * @throws IOException if it is missing or damaged, or belongs to another model
   */
  Adapter adapter(Path path) throws IOException;

  /** Frees the model. */
  @Override
  void close();
}
