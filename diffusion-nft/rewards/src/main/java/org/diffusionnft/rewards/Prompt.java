package org.diffusionnft.rewards;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A text that images are made for.
 *
 * @param text the text the model gets; images of equal texts are compared with each other
 * @param metadata what a reward needs to know besides, such as the objects a GenEval prompt asks
 *     for
 */
public record Prompt(String text, Map<String, Object> metadata) {
  /** Copies the metadata, which keep their order: services are sent them. */
  public Prompt {
    metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
  }

  /** A prompt that is only its text. */
  public static Prompt of(String text) {
    return new Prompt(text, Map.of());
  }
}
