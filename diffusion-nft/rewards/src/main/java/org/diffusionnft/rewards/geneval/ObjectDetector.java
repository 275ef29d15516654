package org.diffusionnft.rewards.geneval;

import java.util.List;
import org.diffusionnft.images.Images;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.tensor.InvalidInputException;

/** Finds the objects in pictures. */
interface ObjectDetector extends AutoCloseable {

  /** The objects of each picture. */
  List<List<DetectedObject>> detect(Images images, List<Prompt> prompts);

  /**
   * Checks, before any sampling, that the detector is available and knows the classes of a prompt.
   *
   * @throws InvalidInputException that says in one sentence why not
   */
  void check(Demand demand);

  @Override
  void close();
}
