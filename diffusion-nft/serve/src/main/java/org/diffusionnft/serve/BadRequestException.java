package org.diffusionnft.serve;

import org.jspecify.annotations.Nullable;

/** An invalid request; the message is for the client. */
final class BadRequestException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final @Nullable String field;

  /**
   * A field is wrong: status 400.
   *
   * @param field its name, or null
   */
  BadRequestException(@Nullable String field, String message) {
    this(400, field, message);
  }

  /** Another status. */
  BadRequestException(int status, @Nullable String field, String message) {
    super(message, null, false, false); // sent to the client: no stack trace is needed
    this.status = status;
    this.field = field;
  }

  int status() {
    return status;
  }

  @Nullable String field() {
    return field;
  }
}
