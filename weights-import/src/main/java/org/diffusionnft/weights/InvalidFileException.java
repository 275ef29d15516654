package org.diffusionnft.weights;

import java.io.IOException;
import java.nio.file.Path;

/**
 * A file that cannot be used as it is: missing, truncated, lying about its contents, or of a kind
 * that is not supported. The message is one sentence that starts with the file's path.
 */
public final class InvalidFileException extends IOException {
  private static final long serialVersionUID = 1L;
  private static final int LONGEST_NAME = 120;

  private final transient Path file;

  /**
   * @param file the file at fault
   * @param problem what is wrong with it, without its name
   */
  public InvalidFileException(Path file, String problem) {
    super(file + ": " + problem);
    this.file = file;
  }

  /** See {@link #InvalidFileException(Path, String)}; keeps what led to it. */
  public InvalidFileException(Path file, String problem, Throwable cause) {
    super(file + ": " + problem, cause);
    this.file = file;
  }

  /** The file at fault. */
  public Path file() {
    return file;
  }

  /** A name from a file, fit for a one-line message: quoted, control characters escaped, cut. */
  static String quote(String name) {
    StringBuilder out = new StringBuilder("'");
    int shown = Math.min(name.length(), LONGEST_NAME);
    for (int i = 0; i < shown; i++) {
      char c = name.charAt(i);
      if (Character.isISOControl(c) || Character.isSurrogate(c)) {
        out.append(String.format("\\u%04x", (int) c));
      } else {
        out.append(c);
      }
    }
    return out.append(shown < name.length() ? "...'" : "'").toString();
  }

  /** What went wrong in an I/O operation, in words that a user understands. */
  static String reason(IOException e) {
    return switch (e) {
      case java.nio.file.NoSuchFileException x -> "no such file or folder: " + x.getFile();
      case java.nio.file.AccessDeniedException x -> "permission denied: " + x.getFile();
      case java.nio.file.FileAlreadyExistsException x -> "it already exists: " + x.getFile();
      case java.nio.file.NotDirectoryException x -> "not a folder: " + x.getFile();
      case java.nio.file.FileSystemException x when x.getReason() != null ->
          lowerFirst(x.getReason()) + ": " + x.getFile();
      default -> {
        String message = e.getMessage();
        yield message == null ? e.getClass().getSimpleName() : lowerFirst(message);
      }
    };
  }

  private static String lowerFirst(String s) {
    return s.isEmpty() ? s : Character.toLowerCase(s.charAt(0)) + s.substring(1);
  }
}
