package org.diffusionnft.benchmarks;

import org.openjdk.jmh.annotations.Param;

/** Joint attention of a 512² image and a prompt, 24 heads of 64. */
public class AttentionBenchmark extends EngineBenchmark {
  /** Tokens: 1024 of the image, 205 of the prompt. */
  @Param("1229")
  public int tokens = 1229;

  @Override
  Runnable prepare(Engine with) {
    return with.attention(tokens, 24, 64);
  }
}
