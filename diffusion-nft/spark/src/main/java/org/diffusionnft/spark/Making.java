package org.diffusionnft.spark;

import java.io.IOException;
import java.util.List;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.Function;
import org.apache.spark.broadcast.Broadcast;

/** The function that Spark runs to make a part of a stock, within the task that needs it. */
record Making(Broadcast<byte[]> setup, List<Handle> shared) implements Function<byte[], byte[]> {
  @Override
  public byte[] call(byte[] order) throws IOException {
    TaskContext task = TaskContext.get();
    return Executor.make(setup.value(), shared, order, task::isInterrupted);
  }
}
