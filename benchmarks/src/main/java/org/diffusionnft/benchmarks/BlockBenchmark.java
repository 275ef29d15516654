package org.diffusionnft.benchmarks;

import org.openjdk.jmh.annotations.Param;

/** A whole block of the transformer at 512². */
public class BlockBenchmark extends EngineBenchmark {
  /** Forward alone, or a training step. */
  @Param({"forward", "train"})
  public String pass = "forward";

  @Override
  Runnable prepare(Engine with) {
    return with.block(1024, 205, pass.equals("train"));
  }
}
