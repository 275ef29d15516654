package org.diffusionnft.pipeline;

/** Receives what goes on while pictures are made; does nothing unless a method is overridden. */
public interface PictureListener {
  /** Does nothing. */
  PictureListener NONE = new PictureListener() {};

  /** Something that a user should know but that stops nothing. */
  default void warning(String sentence) {}

  /** A stage begins or has ended. */
  default void stage(String sentence) {}

  /** {@code done} of {@code all} evaluations of the model are done. */
  default void evaluated(long done, long all) {}
}
