package org.diffusionnft.weights.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A file or folder cannot be written: full disk, missing or read-only folder, an obstacle at its
 * path. The message is one sentence. Existing content is unchanged.
 */
public final class OutputException extends IOException {
  private static final long serialVersionUID = 1L;

  private final transient Path target;
  private final String reason;

  /**
   * @param target the file or folder to be written
   * @param reason why it cannot be written
   */
  public OutputException(Path target, String reason, @Nullable Throwable cause) {
    super("cannot write " + target + ": " + reason, cause);
    this.target = target;
    this.reason = reason;
  }

  /**
   * The same for a file in a folder that is filled under a hidden name; uses the name it would get.
   */
  static OutputException in(Path folder, Path hidden, IOException e) {
    return e instanceof OutputException o && o.target.startsWith(hidden)
        ? new OutputException(folder.resolve(hidden.relativize(o.target)), o.reason, o)
        : of(folder, e);
  }

  /** The failure to write a target, in a sentence that names it. */
  public static OutputException of(Path target, IOException e) {
    if (e instanceof OutputException o) {
      return o;
    }
    Path folder = AtomicFile.folderOf(target);
    String reason =
        e instanceof NoSuchFileException && Files.notExists(folder)
            ? "there is no folder " + folder
            : InvalidFileException.reason(e);
    return new OutputException(target, reason, e);
  }
}
