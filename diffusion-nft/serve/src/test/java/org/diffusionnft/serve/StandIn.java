package org.diffusionnft.serve;

import java.util.List;
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
  public List<byte[]> make(Generation wanted, PictureListener listener) {
    begun.countDown();
    try {
      while (!lets.tryAcquire(20, java.util.concurrent.TimeUnit.MILLISECONDS)) {
        listener.evaluated(1, 2);
      }
    } catch (BadRequestException e) {
      cancelled.incrementAndGet();
      throw e;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    if (wanted.prompt().equals("broken")) {
      throw new IllegalStateException("a bug of ours");
    }
    made.incrementAndGet();
    return List.of(new byte[] {1, 2, (byte) wanted.seed()});
  }

  @Override
  public void close() {}
}
