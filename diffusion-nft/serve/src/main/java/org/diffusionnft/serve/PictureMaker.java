package org.diffusionnft.serve;

import java.io.IOException;
import java.util.List;
import org.diffusionnft.pipeline.PictureListener;

/** What makes the pictures of a server. One thread at a time calls it. */
public interface PictureMaker extends AutoCloseable {
  /** The names of its policies, the usual one first. */
  List<String> names();

  /**
   * Looks at a request before it waits for its turn.
   *
   * @throws org.diffusionnft.tensor.InvalidInputException that says what cannot be followed
   */
  void check(Generation wanted);

  /**
   * Makes the pictures.
   *
   * @param listener may throw to end it
   * @return PNG files
   * @throws IOException if a file of the model is damaged
   * @throws org.diffusionnft.tensor.InvalidInputException that says what cannot be followed
   */
  List<byte[]> make(Generation wanted, PictureListener listener) throws IOException;

  /** Frees the model. */
  @Override
  void close();
}
