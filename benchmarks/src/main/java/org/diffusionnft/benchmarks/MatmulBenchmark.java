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

/** Products of linear layers: the model's sizes, then small and odd ones. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class MatmulBenchmark {
  /** Which engine. */
  @Param({Engine.OURS, Engine.PYTORCH})
  public String engine = Engine.OURS;

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

  private Engine opened;
  private Runnable operation;

  /** Makes the operands. */
  @Setup
  public void open() {
    opened = Engine.open(engine);
    String[] sizes = shape.split("x");
    operation =
        opened.linear(
            Integer.parseInt(sizes[0]), Integer.parseInt(sizes[1]), Integer.parseInt(sizes[2]));
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
