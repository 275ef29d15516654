package org.diffusionnft.spark;

import java.util.List;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.Function;
import org.apache.spark.broadcast.Broadcast;
import org.diffusionnft.trainer.Courier;

/**
 * What Spark runs: an order in, its answer out. It carries handles of what is shared; an executor
 * that has it already does not fetch it.
 */
final class Errand implements Function<byte[], byte[]> {
  private static final long serialVersionUID = 1L;

  private final Broadcast<byte[]> setup;
  private final List<Handle> shared;

  Errand(Broadcast<byte[]> setup, List<Handle> shared) {
    this.setup = setup;
    this.shared = List.copyOf(shared);
  }

  /** Something shared, to be fetched where it is needed. */
  record Handle(String name, String version, Broadcast<byte[]> value)
      implements Courier.Shared, java.io.Serializable {
    @Override
    public byte[] bytes() {
      return value.value();
    }
  }

  @Override
  public byte[] call(byte[] order) {
    TaskContext task = TaskContext.get();
    return Executor.run(setup.value(), shared, order, task::isInterrupted);
  }
}
