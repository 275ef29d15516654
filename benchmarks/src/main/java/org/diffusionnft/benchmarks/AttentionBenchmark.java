package org.diffusionnft.benchmarks;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** Joint attention of a picture of 512² and a prompt, 24 heads of 64. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class AttentionBenchmark {
  /** Which engine. */
  @Param({Engine.OURS, Engine.PYTORCH})
  public String engine = Engine.OURS;

  /** Tokens: 1024 of the picture, 205 of the prompt. */
  @Param("1229")
  public int tokens = 1229;

  private Engine opened;
  private Runnable operation;

  /** Makes the operands. */
  @Setup
  public void open() {
    opened = Engine.open(engine);
    operation = opened.attention(tokens, 24, 64);
  }

  /** Gives them back. */
  @TearDown
  public void close() {
    opened.close();
  }

  /** One run. */
  @Benchmark
  public void run() {
    operation.run();
  }
}
