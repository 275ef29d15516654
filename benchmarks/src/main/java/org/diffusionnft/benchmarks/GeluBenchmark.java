package org.diffusionnft.benchmarks;

import org.openjdk.jmh.annotations.Param;

/** GELU inside the feed-forward network. */
public class GeluBenchmark extends EngineBenchmark {
  /** Tokens of a 512² image. */
  @Param("1024")
  public int tokens = 1024;

  @Override
  Runnable prepare(Engine with) {
    return with.gelu(tokens, 6144);
  }
}
