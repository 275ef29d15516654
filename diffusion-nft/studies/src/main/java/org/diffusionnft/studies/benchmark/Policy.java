package org.diffusionnft.studies.benchmark;

import java.nio.file.Path;
import java.util.regex.Pattern;
import org.diffusionnft.tensor.InvalidInputException;
import org.jspecify.annotations.Nullable;

/**
 * A policy to evaluate: an adapter, or the model without one.
 *
 * @param name for tables and for its folder
 * @param adapter PEFT folder or diffusers LoRA file; null for the model alone
 */
public record Policy(String name, @Nullable Path adapter) {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,59}");

  /** The model alone. */
  public static final Policy BASE = new Policy("base", null);

  /**
   * Checks the name, which is also a folder name.
   *
   * @throws InvalidInputException unless it has 1 to 60 letters, digits, dots, dashes and
   *     underscores, and begins with a letter or digit
   */
  public Policy {
    if (!NAME.matcher(name).matches()) {
      throw new InvalidInputException(
          "'"
              + name
              + "' cannot be the name of an adapter, which takes letters, digits, '.', '-' and '_':"
              + " give it one with --adapter NAME=PATH");
    }
  }

  /**
   * Parses {@code NAME=PATH}, or a path whose last part is the name.
   *
   * @throws InvalidInputException if the name is invalid
   */
  public static Policy parse(String text) {
    int sign = text.indexOf('=');
    if (sign > 0 && NAME.matcher(text.substring(0, sign)).matches()) {
      return new Policy(text.substring(0, sign), Path.of(text.substring(sign + 1)));
    }
    Path path = Path.of(text);
    Path last = path.toAbsolutePath().normalize().getFileName();
    return new Policy(last == null ? text : last.toString(), path);
  }
}
