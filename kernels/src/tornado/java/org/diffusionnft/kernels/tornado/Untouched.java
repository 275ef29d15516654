package org.diffusionnft.kernels.tornado;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Address space that is not backed by memory. TornadoVM needs a host array for every array on the
 * device, and Java's own allocators zero all of it. A sparse file that is mapped and immediately
 * deleted takes neither memory nor disk space until it is written.
 */
final class Untouched {
  private Untouched() {}

  /** A segment of zeros that lives as long as the arena. */
  static MemorySegment allocate(long bytes, Arena arena) {
    try {
      Path file = Files.createTempFile("dnft-tornado", ".sparse");
      try (FileChannel channel =
          FileChannel.open(
              file,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE,
              StandardOpenOption.DELETE_ON_CLOSE)) {
        return channel.map(FileChannel.MapMode.READ_WRITE, 0, bytes, arena);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
