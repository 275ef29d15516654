package org.diffusionnft.cli.bench;

/** Something to time: always the same work on the same data. */
public interface Workload extends AutoCloseable {

  /** What it is, for the table, such as {@code 1024x6144x1536}. */
  String name();

  /** Floating-point operations of one run, a multiplication and an addition counted as two. */
  double flops();

  /** Does the work and waits for its end. */
  void run();

  /**
   * How many runs are timed together and divided by: more than one where a run is over so soon that
   * reading the clock would count.
   */
  default int runsPerTiming() {
    return 1;
  }

  /**
   * Runs once more and sums up all bits of the results, CRC-32: equal for any number of threads.
   */
  long checksum();

  /** Returns the memory of the data. */
  @Override
  void close();
}
