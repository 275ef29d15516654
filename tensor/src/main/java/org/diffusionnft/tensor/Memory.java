package org.diffusionnft.tensor;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A device's memory: storage pooled by size and released by scope, not by the garbage collector.
 *
 * <p>Scopes nest. Storage belongs to the innermost open scope and returns to the pool when that
 * closes, unless it was {@linkplain #keep kept} (moved to the enclosing scope) or {@linkplain
 * #release released} early. Storage taken outside any scope stays until it is released or the
 * device is closed.
 *
 * <p>Only one thread at a time drives a device: the one that has a scope open. Another thread that
 * opens a scope waits until the first has closed its outermost one; a thread that computes without
 * a scope gets an exception. So scopes of different threads never interleave, and threads that
 * share a device only have to open a scope around their work.
 *
 * <pre>{@code
 * try (var scope = device.memory().scope()) {
 *   Tensor loss = step();   // the step's memory is returned at the brace
 *   weights.keep();         // but this outlives it
 * }
 * }</pre>
 */
public final class Memory implements AutoCloseable {

  /** Where new storage comes from when the pool has none of the right size. */
  public interface Allocator {
    /** New storage of at least {@code bytes} bytes, contents undefined. */
    Storage allocate(long bytes);

    /** Returns storage to the system. */
    void free(Storage storage);
  }

  /** Owns what is taken between its opening and closing; see {@link Memory}. */
  public final class Scope implements AutoCloseable {
    private final Set<Storage> owned = Collections.newSetFromMap(new IdentityHashMap<>());

    private Scope() {}

    /** Whether closing this scope would return this storage. */
    public boolean owns(Storage storage) {
      return ownedBy(this, storage);
    }

    /** Moves storage to the enclosing scope if this scope owns it; does nothing otherwise. */
    public void keep(Storage storage) {
      keepFrom(this, storage);
    }

    /**
     * Returns what the scope still owns to the pool.
     *
     * @throws IllegalStateException if this is not the innermost open scope, or another thread
     *     opened it
     */
    @Override
    public void close() {
      closeScope(this);
    }
  }

  private static final String CLOSED = "the device is closed";

  private final Allocator allocator;
  private final Map<Long, Deque<Storage>> pool = new HashMap<>();
  private final Map<Storage, Scope> owners = new IdentityHashMap<>();
  private final List<Scope> scopes = new ArrayList<>();

  /** Held by the thread that has scopes open, once per scope. */
  private final ReentrantLock turn = new ReentrantLock(true);

  private volatile @Nullable Thread driver;
  private volatile boolean closed;
  private long liveBytes;
  private long peakBytes;
  private long reservedBytes;

  /** An empty pool over this allocator. */
  public Memory(Allocator allocator) {
    this.allocator = allocator;
    scopes.add(new Scope());
  }

  /**
   * Opens a scope inside the innermost open one; waits while another thread has one open.
   *
   * @throws IllegalStateException if the device is closed
   */
  public Scope scope() {
    turn.lock();
    synchronized (this) {
      if (closed) {
        turn.unlock();
        throw new IllegalStateException(CLOSED);
      }
      driver = Thread.currentThread();
      Scope scope = new Scope();
      scopes.add(scope);
      return scope;
    }
  }

  /**
   * Checks that this thread may compute: that no other thread has a scope open.
   *
   * @throws IllegalStateException if another has, or if the device is closed
   */
  public void requireTurn() {
    Thread other = driver;
    if (other != null && other != Thread.currentThread()) {
      throw new IllegalStateException(
          ("thread '%s' uses a device that thread '%s' has a scope open on: open one too"
                  + " (Memory.scope), which waits until the other is closed")
              .formatted(Thread.currentThread().getName(), other.getName()));
    }
    if (closed) {
      throw new IllegalStateException(CLOSED);
    }
  }

  /**
   * Storage of at least {@code bytes} bytes owned by the innermost scope; contents undefined.
   *
   * @throws IllegalStateException if another thread has a scope open, or the device is closed
   */
  public synchronized Storage take(long bytes) {
    requireTurn();
    long size = roundUp(bytes);
    Deque<Storage> free = pool.get(size);
    Storage storage = free == null ? null : free.pollLast();
    if (storage == null) {
      storage = allocator.allocate(size);
      reservedBytes += size;
    }
    Scope scope = scopes.getLast();
    scope.owned.add(storage);
    owners.put(storage, scope);
    liveBytes += size;
    peakBytes = Math.max(peakBytes, liveBytes);
    return storage;
  }

  /**
   * Returns storage to the pool before its scope ends; does nothing if the storage is not pooled.
   */
  public synchronized void release(Storage storage) {
    Scope scope = owners.remove(storage);
    if (scope != null) {
      scope.owned.remove(storage);
      recycle(storage);
    }
  }

  /** Moves storage from the innermost scope that owns it to the enclosing scope. */
  public synchronized void keep(Storage storage) {
    Scope scope = owners.get(storage);
    int depth = scope == null ? 0 : scopes.indexOf(scope);
    if (scope != null && depth > 0) {
      moveTo(scopes.get(depth - 1), scope, storage);
    }
  }

  private synchronized boolean ownedBy(Scope scope, Storage storage) {
    return owners.get(storage) == scope;
  }

  private synchronized void keepFrom(Scope scope, Storage storage) {
    if (owners.get(storage) == scope) {
      keep(storage);
    }
  }

  /** Moves storage out of every scope: it stays until {@linkplain #release released}. */
  public synchronized void keepForever(Storage storage) {
    Scope scope = owners.get(storage);
    if (scope != null) {
      moveTo(scopes.getFirst(), scope, storage);
    }
  }

  /** Bytes in use, rounded up to the pool's sizes. Grows with every step that leaks. */
  public synchronized long liveBytes() {
    return liveBytes;
  }

  /**
   * Checks that a piece of work has returned all the memory it took. Changes nothing.
   *
   * @param work name of the work, for the message
   * @param liveBefore {@link #liveBytes} when the work began
   * @throws IllegalStateException if more or fewer bytes are in use now
   */
  public synchronized void requireNoLeak(String work, long liveBefore) {
    if (liveBytes != liveBefore) {
      throw new IllegalStateException(work + " left " + (liveBytes - liveBefore) + " bytes behind");
    }
  }

  /** The highest value of {@link #liveBytes} so far. */
  public synchronized long peakBytes() {
    return peakBytes;
  }

  /** Bytes taken from the system: live and pooled. */
  public synchronized long reservedBytes() {
    return reservedBytes;
  }

  /** Returns all unused pooled storage to the system. */
  public synchronized void trim() {
    pool.values().forEach(free -> free.forEach(this::free));
    pool.clear();
  }

  /** Frees everything, in use or not, after other threads have closed their scopes. */
  @Override
  public void close() {
    turn.lock();
    try {
      freeAll();
    } finally {
      turn.unlock();
    }
  }

  private synchronized void freeAll() {
    closed = true;
    trim();
    List.copyOf(owners.keySet()).forEach(this::free);
    owners.clear();
    scopes.forEach(s -> s.owned.clear());
    liveBytes = 0;
  }

  private void moveTo(Scope to, Scope from, Storage storage) {
    from.owned.remove(storage);
    to.owned.add(storage);
    owners.put(storage, to);
  }

  private synchronized void closeScope(Scope scope) {
    if (!turn.isHeldByCurrentThread()) {
      throw new IllegalStateException("a scope must be closed by the thread that opened it");
    }
    if (scopes.size() < 2 || scopes.getLast() != scope) {
      throw new IllegalStateException("scopes must be closed innermost first");
    }
    scopes.removeLast();
    if (scopes.size() == 1) {
      driver = null;
    }
    turn.unlock();
    for (Storage storage : scope.owned) {
      owners.remove(storage);
      recycle(storage);
    }
    scope.owned.clear();
  }

  private void recycle(Storage storage) {
    liveBytes -= storage.bytes();
    pool.computeIfAbsent(storage.bytes(), _ -> new ArrayDeque<>()).addLast(storage);
  }

  private void free(Storage storage) {
    reservedBytes -= storage.bytes();
    allocator.free(storage);
  }

  /** Sizes above 4 KiB keep four significant bits, so that rounding wastes at most an eighth. */
  private static long roundUp(long bytes) {
    long atLeast = Math.max(bytes, 64);
    long step = atLeast <= 4096 ? 64 : Long.highestOneBit(atLeast - 1) >> 3;
    return (atLeast + step - 1) / step * step;
  }
}
