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
 * The request bodies in memory, with a limit on their total size: a client beyond it is told to
 * retry later, so no request fails for lack of memory.
 */
final class Bodies {
  private static final int PIECE = 64 << 10;
  private static final long LEAST = 2 << 20;

  /** A parsed body temporarily takes five times its bytes, and pictures need memory too. */
  private static final int SHARE_OF_HEAP = 16;

  private final long most;
  private final AtomicLong held = new AtomicLong();

  /**
   * Bodies with a limit; none at first.
   *
   * @param most maximum total bytes of all bodies
   */
  Bodies(long most) {
    this.most = most;
  }

  /** A limit that fits the Java heap. */
  static Bodies inHeap() {
    return new Bodies(Math.max(LEAST, Runtime.getRuntime().maxMemory() / SHARE_OF_HEAP));
  }

  /** One body; closing it frees its memory. */
  final class Body implements AutoCloseable {
    private final List<byte[]> pieces = new ArrayList<>();
    private long size;

    /** The content, from the beginning. */
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
   * Reads a body. Memory is reserved as data arrives, so a client that announces much and sends
   * nothing takes none.
   *
   * @param announced bytes that the client announces, 0 if none
   * @param largest maximum bytes
   * @throws BadRequestException of status 413 if it is larger, of 429 if there is no memory for it
   * @throws IOException if the client has disconnected
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

  /** The bytes that all bodies take now. */
  long held() {
    return held.get();
  }
}
