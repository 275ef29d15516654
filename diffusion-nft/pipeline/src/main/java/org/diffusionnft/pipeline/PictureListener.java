package org.diffusionnft.pipeline;

/** Receives what goes on while pictures are made. */
public interface PictureListener {
  /** Something that a user should know but that stops nothing. */
  void warning(String sentence);

  /** A stage begins or has ended. */
  void stage(String sentence);

  /** {@code done} of {@code all} evaluations of the model are done. */
  void evaluated(long done, long all);
}
