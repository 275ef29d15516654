package org.diffusionnft.spark;

import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.FlatMapFunction2;
import org.apache.spark.api.java.function.Function;
import org.apache.spark.broadcast.Broadcast;

/**
 * The function that Spark runs: it takes an order and the parts of a stock that it needs, and
 * returns the answer.
 */
record Errand(Broadcast<byte[]> setup, List<Handle> shared)
    implements Function<byte[], byte[]>,
        FlatMapFunction2<Iterator<byte[]>, Iterator<byte[]>, byte[]> {
  @Override
  public byte[] call(byte[] order) {
    return answer(order, Collections.emptyIterator());
  }

  @Override
  public Iterator<byte[]> call(Iterator<byte[]> order, Iterator<byte[]> parts) {
    return List.of(answer(order.next(), parts)).iterator();
  }

  private byte[] answer(byte[] order, Iterator<byte[]> parts) {
    TaskContext task = TaskContext.get();
    return Executor.run(setup.value(), shared, order, parts, task::isInterrupted);
  }
}
