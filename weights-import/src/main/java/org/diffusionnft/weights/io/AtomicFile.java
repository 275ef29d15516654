package org.diffusionnft.weights.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Writes a file so that readers find, at any moment and after any crash, either the old content or
 * all of the new: the bytes go to a hidden file in the same folder, are synced to disk, and the
 * file is then renamed into place. If writing fails, the hidden file is deleted.
 */
public final class AtomicFile {
  private AtomicFile() {}

  /** Produces the content. */
  @FunctionalInterface
  public interface Content {
    /** Writes everything; the channel is closed by the caller. */
    void writeTo(WritableByteChannel out) throws IOException;
  }

  /**
   * Replaces or creates a file.
   *
   * @throws InvalidFileException if the content comes from a file that cannot be used; nothing is
   *     then left behind
   * @throws OutputException if the disk is full, the folder is missing or read-only, ...; nothing
   *     is then left behind
   */
  public static void write(Path file, Content content)
      throws InvalidFileException, OutputException {
    if (Files.isDirectory(file)) {
      throw new OutputException(file, "it is a folder", null);
    }
    Path folder = folderOf(file);
    Path hidden = hiddenBeside(file);
    try {
      try (FileChannel out =
          FileChannel.open(hidden, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        content.writeTo(out);
        out.force(true);
      }
      Files.move(hidden, file, StandardCopyOption.ATOMIC_MOVE);
      syncFolder(folder);
    } catch (InvalidFileException e) { // the fault is in a file that is read, not the one written
      delete(hidden);
      throw e;
    } catch (IOException e) {
      delete(hidden);
      throw OutputException.of(file, e);
    } catch (RuntimeException | Error e) {
      delete(hidden);
      throw e;
    }
  }

  /**
   * Checks, before any work is done, that {@link #write(Path, Content)} will be able to write here.
   *
   * @throws OutputException if it is a folder, or its folder is missing or not writable
   */
  public static void requireWritable(Path file) throws OutputException {
    Path folder = folderOf(file);
    if (Files.isDirectory(file)) {
      throw new OutputException(file, "it is a folder", null);
    }
    if (!Files.isDirectory(folder)) {
      boolean inTheWay = Files.exists(folder);
      throw new OutputException(
          file, inTheWay ? folder + " is not a folder" : "there is no folder " + folder, null);
    }
    if (!Files.isWritable(folder)) {
      throw new OutputException(file, "permission denied", null);
    }
  }

  /** See {@link #write(Path, Content)}. */
  public static void write(Path file, byte[] content) throws OutputException {
    try {
      write(file, out -> writeFully(out, ByteBuffer.wrap(content)));
    } catch (InvalidFileException e) {
      throw new IllegalStateException("bytes are read from no file", e);
    }
  }

  /** Writes text as UTF-8; see {@link #write(Path, Content)}. */
  public static void write(Path file, String content) throws OutputException {
    write(file, content.getBytes(StandardCharsets.UTF_8));
  }

  /** Writes all remaining bytes. */
  public static void writeFully(WritableByteChannel out, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      if (out.write(bytes) < 0) {
        throw new IOException("the channel takes no more bytes");
      }
    }
  }

  static Path folderOf(Path file) {
    Path parent = file.toAbsolutePath().getParent();
    return parent == null ? file.toAbsolutePath() : parent;
  }

  /** A unique name in the same folder, hence on the same disk. */
  static Path hiddenBeside(Path file) {
    long random = ThreadLocalRandom.current().nextLong();
    return folderOf(file)
        .resolve(
            "." + file.toAbsolutePath().getFileName() + "." + Long.toHexString(random) + ".tmp");
  }

  /** Makes a rename survive a power failure. Systems that cannot open folders skip this. */
  static void syncFolder(Path folder) {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException e) {
      // Windows cannot open folders; the file itself is on disk in any case.
    }
  }

  private static void delete(Path hidden) {
    try {
      Files.deleteIfExists(hidden);
    } catch (IOException e) {
      // The first error is the one to report.
    }
  }
}
