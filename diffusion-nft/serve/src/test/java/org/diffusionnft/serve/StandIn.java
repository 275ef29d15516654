package org.diffusionnft.serve;

import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.diffusionnft.pipeline.PictureListener;

/** Makes pictures of a few bytes, each when it is let. */
final class StandIn implements PictureMaker {
  final Semaphore lets = new Semaphore(0);
  final CountDownLatch begun = new CountDownLatch(1);
  final AtomicInteger made = new AtomicInteger();
  final AtomicInteger cancelled = new AtomicInteger();
  final List<Integer> batches = new CopyOnWriteArrayList<>();
  volatile int together = 1;

  @Override
  public List<String> names() {
    return List.of("mine", "base");
  }

  @Override
  public void check(Generation wanted) {
    if (wanted.prompt().equals("bug")) {
      throw new IllegalStateException("a bug of ours");
    }
  }

  @Override
  public int mostTogether() {
    return together;
  }

  @Override
  public List<List<byte[]>> make(List<Generation> wanted, PictureListener listener) {
    batches.add(wanted.size());
    begun.countDown();
    try {
      while (!lets.tryAcquire(20, java.util.concurrent.TimeUnit.MILLISECONDS)) {
        listener.evaluated(1, 2);
      }
    } catch (CancellationException e) {
      cancelled.incrementAndGet();
      throw e;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    if (wanted.stream().anyMatch(one -> one.prompt().equals("broken"))) {
      throw new IllegalStateException("a bug of ours");
    }
    made.addAndGet(wanted.size());
    return wanted.stream().map(one -> List.of(new byte[] {1, 2, (byte) one.seed()})).toList();
  }

  @Override
  public void close() {}
}
