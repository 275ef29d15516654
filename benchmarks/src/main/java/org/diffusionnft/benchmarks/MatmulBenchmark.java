package org.diffusionnft.benchmarks;

import org.openjdk.jmh.annotations.Param;

/** Linear layer products: the model's sizes, then small and odd ones. */
public class MatmulBenchmark extends EngineBenchmark {
  /** M, N and K. */
  @Param({
    "1024x6144x1536",
    "1024x1536x6144",
    "1229x1536x1536",
    "205x4608x1536",
    "64x128x128",
    "77x64x64",
    "333x100x100"
  })
  public String shape = "1024x6144x1536";

  @Override
  Runnable prepare(Engine with) {
    String[] sizes = shape.split("x");
    return with.linear(
        Integer.parseInt(sizes[0]), Integer.parseInt(sizes[1]), Integer.parseInt(sizes[2]));
  }
}
