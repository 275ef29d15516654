package org.diffusionnft.tensor;

import java.lang.foreign.MemorySegment;

/**
 * Storage in this process's memory: pooled off-heap memory, or a mapped file.
 *
 * @param segment where the bytes are; little-endian elements
 */
public record HostStorage(MemorySegment segment) implements Storage {
  @Override
  public long bytes() {
    return segment.byteSize();
  }
}
