package org.diffusionnft.benchmarks;

import org.openjdk.jmh.annotations.Param;

/** A full transformer block at 512². */
public class BlockBenchmark extends EngineBenchmark {
  /** Forward only, or a training step. */
  @Param({"forward", "train"})
  public String pass = "forward";

  @Override
  Runnable prepare(Engine with) {
    return with.block(1024, 205, pass.equals("train"));
  }
}
