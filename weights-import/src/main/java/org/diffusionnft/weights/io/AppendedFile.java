package org.diffusionnft.weights.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A file that grows record by record, such as a journal. If a record does not fit on the disk, its
 * partial bytes are removed and the error names the file.
 */
public final class AppendedFile implements AutoCloseable {
  private final Path file;
  private final FileChannel out;

  private AppendedFile(Path file, FileChannel out) {
    this.file = file;
    this.out = out;
  }

  /**
   * Opens a file for appending; creates it if it does not exist.
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

  /** Appends text to a file that is not kept open; see {@link #append(String)}. */
  public static void append(Path file, String text) throws OutputException {
    try (AppendedFile open = open(file)) {
      open.append(text);
    }
  }

  /** Appends text as UTF-8; see {@link #append(byte[])}. */
  public void append(String text) throws OutputException {
    append(text.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Appends a record.
   *
   * @throws OutputException if the disk is full, ...; the file then ends as before
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

  /** Returns once the appended data is on disk. */
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
