package org.diffusionnft.verify;

import java.util.LinkedHashMap;
import java.util.Map;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.models.adapter.AdapterConfig;
import org.diffusionnft.models.transformer.MmditConfig;
import org.diffusionnft.models.transformer.MmditLayout;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.weights.io.InvalidFileException;

/** An adapter among the inputs of a case. */
final class RecordedAdapter {
  private RecordedAdapter() {}

  /**
   * Copies an adapter.
   *
   * @param prefix of the names of its matrices
   */
  static Adapter read(
      CaseFolder folder,
      String prefix,
      AdapterConfig config,
      MmditConfig modelConfig,
      boolean trainable,
      Device device)
      throws InvalidFileException {
    Map<String, Shape> parameters = MmditLayout.parameters(modelConfig);
    Map<String, Adapter.LowRank> layers = new LinkedHashMap<>();
    for (String module : config.adapted(parameters).keySet()) {
      layers.put(
          module,
          Adapter.LowRank.copyOf(
              folder.input(prefix + module + ".lora_A.weight", device),
              folder.input(prefix + module + ".lora_B.weight", device),
              config.scale(),
              trainable));
    }
    return Adapter.of(config, parameters, layers);
  }
}
