package org.diffusionnft.trainer;

import java.util.List;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Sends orders to worker processes, each of which has a {@link RemoteBench}, and brings back their
 * answers. Where an order runs, how often it is tried and what runs next to it must not matter: an
 * answer depends only on the order and the shared data.
 */
public interface Courier extends AutoCloseable {
  /** Data that many orders need: an adapter, an epoch's prompts. */
  interface Shared {
    /** What kind of data it is. */
    String name();

    /** Distinguishes data of the same name: equal versions have equal bytes. */
    String version();

    /** Its bytes, which must not be changed. */
    byte[] bytes();
  }

  /**
   * Data that stays in the process that made it, for orders that need it: an epoch's latents. A
   * part that is lost is recomputed.
   */
  interface Stock extends AutoCloseable {
    /** Drops it. */
    @Override
    void close();
  }

  /**
   * A piece of work.
   *
   * @param bytes the encoded work
   * @param parts indices of the parts of a stock that it needs, in the order in which it reads them
   */
  record Order(byte[] bytes, List<Integer> parts) {
    /** An order that needs no stock. */
    static Order of(byte[] bytes) {
      return new Order(bytes, List.of());
    }
  }

  /**
   * A stock that is still empty: a part is made when an order needs it, by the process that runs
   * the order.
   *
   * @param shared data needed to make parts, as in {@link #run}
   * @param parts how to make each part, for {@link RemoteBench#make}
   */
  Stock stock(List<? extends Shared> shared, List<byte[]> parts);

  /**
   * Runs orders.
   *
   * @param stage a name for people to read: {@code sampling}
   * @param shared data that any of them may need; whatever is no longer listed can be dropped
   * @param stock the stock that orders need parts of; null if none does
   * @param orders at least one
   * @param done called now and then with the number of finished orders, on the calling thread
   * @param stop ends the waiting
   * @return the answers, in the order of the orders
   * @throws StoppedException if a stop is requested
   * @throws OrderLostException if an order failed on every try
   */
  List<byte[]> run(
      String stage,
      List<? extends Shared> shared,
      @Nullable Stock stock,
      List<Order> orders,
      IntConsumer done,
      Stop stop);

  /** See {@link Crew#members}. */
  List<CrewMember> members();

  /** See {@link Crew#words}. */
  String words();

  @Override
  void close();

  /** An order that failed on every try. */
  final class OrderLostException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int order;

    /**
     * @param order its index; negative if it is unknown
     * @param message what went wrong, and where, as part of a sentence
     */
    public OrderLostException(int order, String message, Throwable cause) {
      super(message, cause);
      this.order = order;
    }

    int order() {
      return order;
    }
  }
}
