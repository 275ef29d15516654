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

/** GELU inside the feed-forward network. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class GeluBenchmark {
  /** Which engine. */
  @Param({Engine.OURS, Engine.PYTORCH})
  public String engine = Engine.OURS;

  /** Tokens of a picture of 512². */
  @Param("1024")
  public int tokens = 1024;

  private Engine opened;
  private Runnable operation;

  /** Makes the operands. */
  @Setup
  public void open() {
    opened = Engine.open(engine);
    operation = opened.gelu(tokens, 6144);
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
