package org.diffusionnft.benchmarks;

import org.openjdk.jmh.annotations.Param;

/** Layer norm with adaLN modulation. */
public class ModulatedNormBenchmark extends EngineBenchmark {
  /** Tokens of a 512² image. */
  @Param("1024")
  public int tokens = 1024;

  @Override
  Runnable prepare(Engine with) {
    return with.modulatedNorm(tokens, 1536);
  }
}
