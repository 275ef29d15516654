package org.diffusionnft.cli.bench;

/** Something to time: always the same work on the same data. */
public interface Workload extends AutoCloseable {

  /** Its name in the table, such as {@code 1024x6144x1536}. */
  String name();

  /** Floating-point operations of one run, with a multiplication and an addition counted as two. */
  double flops();

  /** Does the work and waits until it is done. */
  void run();

  /**
   * The number of runs per timing, which is divided by it: more than one if a run is so short that
   * reading the clock would matter.
   */
  default int runsPerTiming() {
    return 1;
  }

  /**
   * Runs once more and returns a CRC-32 checksum of the results' bits: equal for any number of
   * threads.
   */
  long checksum();

  /** Frees the memory of the data. */
  @Override
  void close();
}
