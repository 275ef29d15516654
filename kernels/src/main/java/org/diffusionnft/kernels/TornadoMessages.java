package org.diffusionnft.kernels;

/** Readable forms of TornadoVM's messages. */
public final class TornadoMessages {
  private TornadoMessages() {}

  /** The innermost cause in one line, without colours, TornadoVM's stack trace and its advice. */
  public static String reason(Throwable e) {
    Throwable cause = e;
    while (cause.getCause() != null && cause.getCause() != cause) {
      cause = cause.getCause();
    }
    String message = cause.getMessage();
    return (message == null || message.isBlank() ? cause.toString() : message)
        .replaceAll("\\u001B\\[[0-9;]*m", "")
        .replaceFirst("^\\s*\\[[A-Z]+\\]\\s*", "")
        .replaceFirst("(?s)\\R?Stacktrace: .*", "")
        .replaceFirst("(?s)^Bailout is disabled\\.\\s*Reason:\\s*", "")
        .replaceFirst("\\.?\\s*Deoptimizing to sequential execution\\.?", "")
        .strip()
        .replaceAll("\\s*\\R\\s*", ". ");
  }
}
