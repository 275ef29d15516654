package org.diffusionnft.rewards.service;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.diffusionnft.images.Images;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.rewards.RewardOptions;
import org.diffusionnft.tensor.InvalidInputException;

/** Another program that receives images and answers with a JSON object for each. */
public interface ImageService extends AutoCloseable {

  /** Converts an answer to a number or another value; an exception counts as a wrong answer. */
  @FunctionalInterface
  interface Reader<T> {
    /**
     * Reads an answer.
     *
     * @throws InvalidInputException that says what is wrong with it
     */
    T read(ObjectNode answer);
  }

  /**
   * Sends images and reads the answers, in the order of the images.
   *
   * @throws org.diffusionnft.rewards.RewardUnavailableException if the service is unavailable
   */
  <T> List<T> ask(Images images, List<Prompt> prompts, Reader<T> reader);

  /**
   * Checks that the service is still running, before any sampling.
   *
   * @throws InvalidInputException that says how it ended
   */
  default void requireAlive() {}

  @Override
  void close();

  /**
   * The service of a reward's options: {@code command}, which this starts, or {@code url}.
   *
   * @param what what it should answer, for messages
   * @throws InvalidInputException if neither or both are given
   */
  static ImageService of(RewardOptions options, String what) {
    boolean command = options.text("command").isPresent();
    boolean url = options.text("url").isPresent();
    if (command == url) {
      throw new InvalidInputException(
          "reward '%s' needs either 'command' or 'url', %s: write one of them under rewards.%s"
              .formatted(options.reward(), what, options.reward()));
    }
    return command ? CommandService.start(options) : HttpService.of(options);
  }
}
