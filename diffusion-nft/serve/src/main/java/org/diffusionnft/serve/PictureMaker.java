package org.diffusionnft.serve;

import java.io.IOException;
import java.util.List;
import org.diffusionnft.pipeline.PictureListener;

/** Makes the pictures of a server. Only one thread at a time calls it. */
public interface PictureMaker extends AutoCloseable {
  /** The names of its policies, the default first. */
  List<String> names();

  /**
   * Checks a request before it is queued.
   *
   * @throws org.diffusionnft.tensor.InvalidInputException that says what is not possible
   */
  void check(Generation wanted);

  /** How many pictures of several requests are worth making as one batch; 1 for none. */
  int mostTogether();

  /**
   * Makes the pictures of some requests: of one, or of several that {@link Generation#goesWith go
   * together}. A picture has the same bytes either way.
   *
   * @param listener may throw to cancel
   * @return PNG files, a list for each request
   * @throws IOException if a file of the model is damaged
   * @throws org.diffusionnft.tensor.InvalidInputException that says what is not possible
   */
  List<List<byte[]>> make(List<Generation> wanted, PictureListener listener) throws IOException;

  /** Frees the model. */
  @Override
  void close();
}
