package org.diffusionnft.weights.peft;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.models.adapter.AdapterConfig;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Shape;

/**
 * A LoRA adapter as PEFT stores it.
 *
 * @param config the contents of {@code adapter_config.json}
 * @param modules the factors by name of the adapted module, {@code transformer_blocks.0.attn.to_q}
 */
public record PeftAdapter(PeftConfig config, Map<String, LoraFactors> modules) {
  /** Copies the map, preserving its order. */
  public PeftAdapter {
    modules = Collections.unmodifiableMap(new LinkedHashMap<>(modules));
  }

  /** The factor on {@code B A} before it is added to the module's weight. */
  public double scaling(String module) {
    LoraFactors factors = modules.get(module);
    if (factors == null) {
      throw new InvalidInputException("the adapter has no module " + module);
    }
    return config.scaling(module, factors.rank());
  }

  /**
   * The adapter for use by models, with copies of the factors that belong to no scope.
   *
   * @param parameters names and shapes of the model's parameters
   * @param trainable whether gradients are wanted
   * @throws InvalidInputException if it is for another model
   */
  public Adapter toAdapter(Map<String, Shape> parameters, boolean trainable) {
    List<String> targets = config.targetModules();
    Map<String, Adapter.LowRank> layers = new LinkedHashMap<>();
    modules.forEach(
        (module, factors) ->
            layers.put(
                module,
                Adapter.LowRank.copyOf(factors.a(), factors.b(), scaling(module), trainable)));
    return Adapter.of(
        new AdapterConfig(
            config.rank(),
            config.alpha(),
            targets.isEmpty() ? List.copyOf(modules.keySet()) : targets),
        parameters,
        layers);
  }

  /**
   * Converts an adapter with one rank and alpha for all modules to PEFT's form.
   *
   * @throws InvalidInputException if a layer's scale is not alpha / rank
   */
  public static PeftAdapter of(Adapter adapter) {
    AdapterConfig config = adapter.config();
    Map<String, LoraFactors> modules = new LinkedHashMap<>();
    adapter
        .layers()
        .forEach(
            (module, layer) -> {
              LoraFactors factors = new LoraFactors(layer.a().value(), layer.b().value());
              if (layer.scale() != config.scale() || factors.rank() != config.rank()) {
                throw new InvalidInputException(
                    "layer "
                        + module
                        + " of the adapter has rank "
                        + factors.rank()
                        + " and scale "
                        + layer.scale()
                        + ", unlike its configuration: such adapters can be used but not written");
              }
              modules.put(module, factors);
            });
    return new PeftAdapter(
        PeftConfig.of(config.rank(), config.alpha(), config.targetModules()), modules);
  }
}
