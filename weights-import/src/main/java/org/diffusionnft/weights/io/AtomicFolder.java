package org.diffusionnft.weights.io;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Writes a folder so that it appears complete or not at all: the files go to a hidden sibling
 * folder, are synced to disk, and the folder is then renamed. If writing fails, it is deleted.
 */
public final class AtomicFolder {
  private AtomicFolder() {}

  /** Fills the folder. */
  @FunctionalInterface
  public interface Content {
    /** Writes files and folders into {@code folder}, which exists and is empty. */
    void writeTo(Path folder) throws IOException;
  }

  /**
   * Creates a folder.
   *
   * @throws InvalidFileException if the content comes from a file that cannot be used; nothing is
   *     then left behind
   * @throws OutputException if it exists and isn't empty, or it cannot be written; nothing is then
   *     left behind
   */
  public static void write(Path folder, Content content)
      throws InvalidFileException, OutputException {
    requireNewOrEmpty(folder);
    Path hidden = AtomicFile.hiddenBeside(folder);
    try {
      Files.createDirectory(hidden);
      content.writeTo(hidden);
      syncTree(hidden);
      Files.move(hidden, folder, StandardCopyOption.ATOMIC_MOVE);
      AtomicFile.syncFolder(AtomicFile.folderOf(folder));
    } catch (InvalidFileException e) { // the fault is in a file that is read, not the one written
      deleteTree(hidden);
      throw e;
    } catch (IOException e) {
      deleteTree(hidden);
      throw OutputException.in(folder, hidden, e);
    } catch (RuntimeException | Error e) {
      deleteTree(hidden);
      throw e;
    }
  }

  /**
   * Creates or replaces a folder. If killed in between, there may be no folder; {@link Leftovers}
   * recognises the names of the old and the new one.
   *
   * @throws InvalidFileException if the content comes from a file that cannot be used
   * @throws OutputException if it cannot be written
   */
  public static void replace(Path folder, Content content)
      throws InvalidFileException, OutputException {
    if (!Files.exists(folder)) {
      write(folder, content);
      return;
    }
    Path next = AtomicFile.hiddenBeside(folder);
    write(next, content);
    Path old = AtomicFile.hiddenBeside(folder);
    try {
      Files.move(folder, old, StandardCopyOption.ATOMIC_MOVE);
      Files.move(next, folder, StandardCopyOption.ATOMIC_MOVE);
      AtomicFile.syncFolder(AtomicFile.folderOf(folder));
      Leftovers.delete(old);
    } catch (IOException e) {
      throw OutputException.of(folder, e);
    }
  }

  /**
   * Checks, before any work is done, that {@link #write} can create a folder here.
   *
   * @throws OutputException if something other than an empty folder exists there
   */
  public static void requireNewOrEmpty(Path folder) throws OutputException {
    if (Files.exists(folder) && !Files.isDirectory(folder)) {
      throw new OutputException(folder, "a file of that name exists", null);
    }
    if (Files.isDirectory(folder)) {
      try (Stream<Path> files = Files.list(folder)) {
        if (files.findAny().isPresent()) {
          throw new OutputException(
              folder, "the folder exists and isn't empty: choose another or empty it", null);
        }
      } catch (OutputException e) {
        throw e;
      } catch (IOException e) {
        throw OutputException.of(folder, e);
      }
    }
  }

  /**
   * Checks, before any work is done, that {@link #write} will be able to create a folder here, so
   * that a long run does not fail at its end.
   *
   * @throws OutputException if it exists and isn't empty, or its parent folder is not writable
   */
  public static void requireWritable(Path folder) throws OutputException {
    requireNewOrEmpty(folder);
    Path hidden = AtomicFile.hiddenBeside(folder);
    try {
      Files.createDirectory(hidden);
      Files.delete(hidden);
    } catch (IOException e) {
      throw OutputException.of(folder, e);
    }
  }

  private static void syncTree(Path root) throws IOException {
    List<Path> all;
    try (Stream<Path> walk = Files.walk(root)) {
      all = walk.toList();
    }
    for (Path path : all.reversed()) {
      if (Files.isDirectory(path)) {
        AtomicFile.syncFolder(path);
      } else {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
          channel.force(true);
        }
      }
    }
  }

  private static void deleteTree(Path root) {
    if (!Files.exists(root)) {
      return;
    }
    try {
      Files.walkFileTree(
          root,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
              Files.delete(file);
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException error)
                throws IOException {
              Files.delete(folder);
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (IOException e) {
      // The first error is the one to report.
    }
  }
}
