package org.diffusionnft.weights.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The files and folders that {@link AtomicFile} and {@link AtomicFolder} leave behind when their
 * process is killed.
 */
public final class Leftovers {
  private static final Pattern NAME = Pattern.compile("\\..+\\.[0-9a-f]{1,16}\\.tmp");

  private Leftovers() {}

  /** Whether a file or folder is named like one that was being written. */
  public static boolean is(Path path) {
    return path.getFileName() != null && NAME.matcher(path.getFileName().toString()).matches();
  }

  /**
   * Deletes them from a folder that nobody else may be writing to; sub-folders are not searched. A
   * missing folder has none.
   */
  public static void sweep(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return;
    }
    List<Path> found;
    try (Stream<Path> entries = Files.list(folder)) {
      found = entries.filter(Leftovers::is).toList();
    }
    for (Path path : found) {
      delete(path);
    }
  }

  /** Deletes a file, or a folder with its contents; links are not followed. */
  public static void delete(Path root) throws IOException {
    if (Files.exists(root, LinkOption.NOFOLLOW_LINKS)) {
      try (Stream<Path> walk = Files.walk(root)) {
        for (Path path : walk.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(path);
        }
      }
    }
  }
}
