package org.diffusionnft.serve;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The bodies of requests that are in memory. Of all of them together there are no more than fit:
 * who sends one more is told to come again, and nobody's request ends for want of memory.
 */
final class Bodies {
  private static final int PIECE = 64 << 10;
  private static final long LEAST = 2 << 20;

  /** What a body becomes takes five times its bytes for a while, and pictures need room, too. */
  private static final int SHARE_OF_HEAP = 16;

  private final long most;
  private final AtomicLong held = new AtomicLong();

  /**
   * An empty memory.
   *
   * @param most bytes of all bodies together
   */
  Bodies(long most) {
    this.most = most;
  }

  /** As many as the Java heap has room for. */
  static Bodies inHeap() {
    return new Bodies(Math.max(LEAST, Runtime.getRuntime().maxMemory() / SHARE_OF_HEAP));
  }

  /** One body, whose room is free again when it is closed. */
  final class Body implements AutoCloseable {
    private final List<byte[]> pieces = new ArrayList<>();
    private long size;

    /** What was sent, from its beginning. */
    InputStream stream() {
      return new SequenceInputStream(
          Collections.enumeration(pieces.stream().map(ByteArrayInputStream::new).toList()));
    }

    private void add(byte[] piece, long largest) {
      requireAtMost(largest, size + piece.length);
      if (held.addAndGet(piece.length) > most) {
        held.addAndGet(-piece.length);
        throw new BadRequestException(
            429,
            null,
            "other requests hold the %d MiB that bodies of requests may take together: try again"
                .formatted(most >> 20));
      }
      size += piece.length;
      pieces.add(piece);
    }

    @Override
    public void close() {
      pieces.clear();
      held.addAndGet(-size);
      size = 0;
    }
  }

  /**
   * Reads a body. Room is taken as it comes, so that who announces much and sends nothing takes
   * none.
   *
   * @param announced bytes that its client says it has, 0 if it says nothing
   * @param largest bytes that it may have
   * @throws BadRequestException of status 413 if it has more, of 429 if there is no room for it
   * @throws IOException if its client has gone
   */
  Body read(InputStream in, long announced, long largest) throws IOException {
    long fitting = Math.min(largest, most);
    requireAtMost(fitting, announced);
    Body body = new Body();
    boolean whole = false;
    try {
      for (byte[] piece = in.readNBytes(PIECE); piece.length > 0; piece = in.readNBytes(PIECE)) {
        body.add(piece, fitting);
      }
      whole = true;
      return body;
    } finally {
      if (!whole) {
        body.close();
      }
    }
  }

  private static void requireAtMost(long largest, long size) {
    if (size > largest) {
      throw new BadRequestException(
          413, null, "a request may have %d bytes here".formatted(largest));
    }
  }

  /** Bytes that all bodies take now. */
  long held() {
    return held.get();
  }
}
