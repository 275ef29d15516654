package org.diffusionnft.pipeline;

/** Receives events while pictures are sampled; does nothing unless a method is overridden. */
public interface PictureListener {
  /** Does nothing. */
  PictureListener NONE = new PictureListener() {};

  /** A warning for the user that does not stop the work. */
  default void warning(String sentence) {}

  /** A stage begins or has ended. */
  default void stage(String sentence) {}

  /** {@code done} of {@code all} evaluations of the model are done. */
  default void evaluated(long done, long all) {}
}
