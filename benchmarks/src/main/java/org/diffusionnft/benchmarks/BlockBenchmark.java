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

/** A whole block of the transformer at 512². */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class BlockBenchmark {
  /** Which engine. */
  @Param({Engine.OURS, Engine.PYTORCH})
  public String engine = Engine.OURS;

  /** Forward alone, or a training step. */
  @Param({"forward", "train"})
  public String pass = "forward";

  private Engine opened;
  private Runnable operation;

  /** Makes the operands. */
  @Setup
  public void open() {
    opened = Engine.open(engine);
    operation = opened.block(1024, 205, pass.equals("train"));
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
