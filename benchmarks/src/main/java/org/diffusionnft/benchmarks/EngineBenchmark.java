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

/** Times one operation of an engine, ours or PyTorch's. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public abstract class EngineBenchmark {
  /** The engine. */
  @Param({Engine.OURS, Engine.PYTORCH})
  public String engine = Engine.OURS;

  private Engine opened;
  private Runnable operation;

  /** Creates the operation with its operands. */
  abstract Runnable prepare(Engine with);

  /** Opens the engine. */
  @Setup
  public void open() {
    opened = Engine.open(engine);
    operation = prepare(opened);
  }

  /** Releases the operands. */
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
