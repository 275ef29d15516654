package org.diffusionnft.models.vae;

import java.util.List;
import org.diffusionnft.models.Parameters;

/** The stages at the lowest resolution. */
final class Middle {
  private Middle() {}

  static List<Stage> of(VaeConfig config, Parameters parameters, String name) {
    return List.of(
        ResnetBlock.of(config, parameters, name + ".resnets.0"),
        SelfAttention.of(config, parameters, name + ".attentions.0"),
        ResnetBlock.of(config, parameters, name + ".resnets.1"));
  }
}
