package org.diffusionnft.weights.io;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A file cannot be used: it is missing, truncated, inconsistent, or of an unsupported kind. The
 * message is one sentence that starts with the file's path.
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

  /** See {@link #InvalidFileException(Path, String)}; keeps the cause. */
  public InvalidFileException(Path file, String problem, Throwable cause) {
    super(file + ": " + problem, cause);
    this.file = file;
  }

  /** The file at fault. */
  public Path file() {
    return file;
  }

  /**
   * A name from a file for a one-line message: quoted, with control characters escaped, truncated.
   */
  public static String quote(String name) {
    return "'" + escaped(name) + "'";
  }

  /** As {@link #quote}, without the quotes. */
  public static String escaped(String name) {
    StringBuilder out = new StringBuilder();
    int shown = Math.min(name.length(), LONGEST_NAME);
    for (int i = 0; i < shown; i++) {
      char c = name.charAt(i);
      if (Character.isISOControl(c) || Character.isSurrogate(c)) {
        out.append(String.format("\\u%04x", (int) c));
      } else {
        out.append(c);
      }
    }
    return out.append(shown < name.length() ? "..." : "").toString();
  }

  /** The reason of an I/O failure in words for the user, without the path. */
  public static String reason(IOException e) {
    return switch (e) {
      case NoSuchFileException _ -> "no such file or folder";
      case AccessDeniedException _ -> "permission denied";
      case FileAlreadyExistsException _ -> "it already exists";
      case FileSystemException x when x.getReason() != null -> lowerFirst(x.getReason());
      default -> {
        String message = e.getMessage();
        yield message == null ? e.getClass().getSimpleName() : lowerFirst(message);
      }
    };
  }

  private static String lowerFirst(String s) {
    return s.isEmpty() ? s : Character.toLowerCase(s.charAt(0)) + s.substring(1);
  }

  /** A message on one line, truncated if it is long. */
  public static String oneLine(@Nullable String message) {
    String text = message == null ? "unreadable" : message.replaceAll("\\s+", " ").strip();
    return text.length() > 300 ? text.substring(0, 300) + "..." : text;
  }
}
