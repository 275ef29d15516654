package org.diffusionnft.trainer;

import java.util.List;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Brings orders to processes that compute, each of which has a {@link RemoteBench}, and their
 * answers back. Where an order is done, how often it is tried and what else runs beside it must not
 * matter: an answer follows from the order and from what is shared.
 */
public interface Courier extends AutoCloseable {
  /** What many orders need: an adapter, an epoch's prompts. */
  interface Shared {
    /** What it is. */
    String name();

    /** Which of those with this name: the same bytes whenever it is the same. */
    String version();

    /** Its bytes, which must not be changed. */
    byte[] bytes();
  }

  /**
   * What stays where it was made, for orders that need it: an epoch's latents. A part that is lost
   * is made again.
   */
  interface Stock extends AutoCloseable {
    /** Drops it. */
    @Override
    void close();
  }

  /**
   * Something to be done.
   *
   * @param bytes what
   * @param parts numbers of the parts of a stock that it needs, in the order in which it reads them
   */
  record Order(byte[] bytes, List<Integer> parts) {
    /** An order that needs no stock. */
    static Order of(byte[] bytes) {
      return new Order(bytes, List.of());
    }
  }

  /**
   * A stock of which nothing is there yet: a part is made when an order needs it, by the process
   * that does the order.
   *
   * @param shared what making needs, as in {@link #run}
   * @param parts how each is made, for {@link RemoteBench#make}
   */
  Stock stock(List<? extends Shared> shared, List<byte[]> parts);

  /**
   * Has orders done.
   *
   * @param stage what they are, for people: {@code sampling}
   * @param shared what each may need; one that is not named any more can be dropped
   * @param stock which orders need parts of; null if none does
   * @param orders at least one
   * @param done told how many are done, now and then, on the thread that calls this
   * @param stop gives up the waiting
   * @return the answers, in the order of the orders
   * @throws StoppedException if that is asked
   * @throws OrderLostException if an order could not be done after all tries
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

  /** An order that was tried often enough. */
  final class OrderLostException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int order;

    /**
     * @param order its number; negative if it is not known which
     * @param message what went wrong, and where, in half a sentence
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
