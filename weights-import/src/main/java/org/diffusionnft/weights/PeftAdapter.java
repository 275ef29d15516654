package org.diffusionnft.weights;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A LoRA adapter as PEFT stores it.
 *
 * @param config what {@code adapter_config.json} says
 * @param modules the factors by name of the adapted module, {@code transformer_blocks.0.attn.to_q}
 */
public record PeftAdapter(PeftConfig config, Map<String, LoraFactors> modules) {
  /** Keeps a copy of the map, in its order. */
  public PeftAdapter {
    modules = Collections.unmodifiableMap(new LinkedHashMap<>(modules));
  }

  /** What {@code B A} is multiplied with before it is added to the module's weight. */
  public double scaling(String module) {
    LoraFactors factors = modules.get(module);
    if (factors == null) {
      throw new IllegalArgumentException("the adapter has no module " + module);
    }
    return config.scaling(module, factors.rank());
  }
}
