package org.diffusionnft.trainer.config;

import org.diffusionnft.tensor.InvalidInputException;

/** A configuration file that cannot be used; the message is one sentence with file and line. */
public final class ConfigException extends InvalidInputException {
  private static final long serialVersionUID = 1;

  ConfigException(String message) {
    super(message);
  }

  /** The message is put on one line, since a text of the file may have several. */
  static ConfigException at(String file, int line, String message) {
    String shown = message.replace("\r", "\\r").replace("\n", "\\n");
    return new ConfigException(file + ":" + line + ": " + shown);
  }
}
