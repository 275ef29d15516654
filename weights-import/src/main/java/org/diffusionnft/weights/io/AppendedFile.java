package org.diffusionnft.weights.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A file that grows record by record, such as a journal. What does not fit on the disk is taken
 * back, so that no record is there in part, and is told with the file's name.
 */
public final class AppendedFile implements AutoCloseable {
  private final Path file;
  private final FileChannel out;

  private AppendedFile(Path file, FileChannel out) {
    this.file = file;
    this.out = out;
  }

  /**
   * Opens a file to write behind what is in it; makes it if it is not there.
   *
   * @throws OutputException if the folder is missing or read-only, ...
   */
  public static AppendedFile open(Path file) throws OutputException {
    try {
      return new AppendedFile(
          file, FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND));
    } catch (IOException e) {
      throw OutputException.of(file, e);
    }
  }

  /** Adds text to a file that is not kept open; see {@link #append(String)}. */
  public static void append(Path file, String text) throws OutputException {
    try (AppendedFile open = open(file)) {
      open.append(text);
    }
  }

  /** Adds text as UTF-8; see {@link #append(byte[])}. */
  public void append(String text) throws OutputException {
    append(text.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Adds a record.
   *
   * @throws OutputException if the disk is full, ...; the file then ends as it did
   */
  public void append(byte[] record) throws OutputException {
    try {
      long end = out.size();
      try {
        AtomicFile.writeFully(out, ByteBuffer.wrap(record));
      } catch (IOException e) {
        shorten(end, e);
        throw e;
      }
    } catch (IOException e) {
      throw OutputException.of(file, e);
    }
  }

  /** Returns when what was added is on the disk. */
  public void sync() throws OutputException {
    try {
      out.force(true);
    } catch (IOException e) {
      throw OutputException.of(file, e);
    }
  }

  private void shorten(long end, IOException because) {
    try {
      out.truncate(end);
    } catch (IOException e) {
      because.addSuppressed(e);
    }
  }

  @Override
  public void close() throws OutputException {
    try {
      out.close();
    } catch (IOException e) {
      throw OutputException.of(file, e);
    }
  }
}
