package org.diffusionnft.spark;

import java.io.Serializable;
import java.util.List;
import org.apache.spark.Partition;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.rdd.PartitionCoalescer;
import org.apache.spark.rdd.PartitionGroup;
import org.apache.spark.rdd.RDD;
import org.diffusionnft.trainer.Courier.Order;
import scala.Option;

/**
 * For each order, the partitions of a stock that it needs. Spark requests them one by one, and
 * fetches each from where it is.
 *
 * @param parts indices of partitions, for each order
 */
record Selection(List<List<Integer>> parts) implements PartitionCoalescer, Serializable {
  /** An RDD with one partition per order. */
  static JavaRDD<byte[]> of(JavaRDD<byte[]> stock, List<Order> orders) {
    Selection selection = new Selection(orders.stream().map(Order::parts).toList());
    RDD<byte[]> selected =
        stock.rdd().coalesce(orders.size(), false, Option.apply(selection), null);
    return selected.toJavaRDD();
  }

  @Override
  public PartitionGroup[] coalesce(int most, RDD<?> parent) {
    Partition[] all = parent.partitions();
    return parts.stream().map(some -> group(all, some)).toArray(PartitionGroup[]::new);
  }

  private static PartitionGroup group(Partition[] all, List<Integer> some) {
    // No executor is preferred: each fetches what it lacks.
    PartitionGroup group = new PartitionGroup(Option.empty());
    some.forEach(part -> group.partitions().addOne(all[part]));
    return group;
  }
}
