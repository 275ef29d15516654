package org.diffusionnft.trainer.bench;

/** Something to time: always the same work on the same data. */
public interface Workload extends AutoCloseable {

  /** What it is, for the table, such as {@code 1024x6144x1536}. */
  String name();

  /** Floating-point operations of one run, a multiplication and an addition counted as two. */
  double flops();

  /** Does the work and waits for its end. */
  void run();

  /** Returns the memory of the data. */
  @Override
  void close();
}
