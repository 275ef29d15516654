package org.diffusionnft.trainer;

import java.util.List;
import org.diffusionnft.models.transformer.Conditioning;
import org.diffusionnft.tensor.Device;

/** Turns texts into the conditioning of the model: the text encoders of a pipeline. */
@FunctionalInterface
public interface PromptEncoder {

  /**
   * Encodes texts.
   *
   * @return one entry per text, F32, owned by the innermost open scope
   * @throws IllegalArgumentException for a text it cannot encode
   */
  Conditioning encode(Device device, List<String> texts);
}
