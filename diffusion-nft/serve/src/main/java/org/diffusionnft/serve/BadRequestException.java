package org.diffusionnft.serve;

import org.jspecify.annotations.Nullable;

/** A request that cannot be followed, whose message is for its client. */
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

  /** Of another status. */
  BadRequestException(int status, @Nullable String field, String message) {
    super(message, null, false, false); // told to the client: no trace is needed
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
