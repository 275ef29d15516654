package org.diffusionnft.tensor;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The resources a method has opened so far; closed again if a later step fails.
 *
 * <pre>{@code
 * try (Opening opening = new Opening()) {
 *   Device device = opening.add(options.openDevice());
 *   Checkpoint checkpoint = opening.add(Checkpoint.open(path));
 *   return opening.done(new Scoring(device, checkpoint));
 * }
 * }</pre>
 */
public final class Opening implements AutoCloseable {
  private final Deque<AutoCloseable> opened = new ArrayDeque<>();

  /** Registers a resource that was just opened, and returns it. */
  public <T extends AutoCloseable> T add(T resource) {
    opened.push(resource);
    return resource;
  }

  /** Nothing failed: the resources now belong to {@code whole}, which is returned. */
  public <T> T done(T whole) {
    opened.clear();
    return whole;
  }

  /**
   * Closes the resources, last one first, unless {@link #done} was called. Continues if closing one
   * fails.
   *
   * @throws IllegalStateException if something could not be closed
   */
  @Override
  public void close() {
    IllegalStateException failed = null;
    while (!opened.isEmpty()) {
      AutoCloseable resource = opened.pop();
      try {
        resource.close();
      } catch (Exception e) {
        if (failed == null) {
          failed = new IllegalStateException("cannot close " + resource, e);
        } else {
          failed.addSuppressed(e);
        }
      }
    }
    if (failed != null) {
      throw failed;
    }
  }
}
