package org.diffusionnft.rewards;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A text that images are sampled for.
 *
 * @param text the model's input; images of equal texts are compared with each other
 * @param metadata further data for rewards, such as the objects that a GenEval prompt asks for
 */
public record Prompt(String text, Map<String, Object> metadata) {
  /** Copies the metadata and keeps their order, since they are sent to services. */
  public Prompt {
    metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
  }

  /** A prompt without metadata. */
  public static Prompt of(String text) {
    return new Prompt(text, Map.of());
  }
}
