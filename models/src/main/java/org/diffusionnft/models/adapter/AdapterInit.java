package org.diffusionnft.models.adapter;

import org.diffusionnft.models.SeededValues;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;

/** Initialises the matrices A of a new adapter; B is zero. */
@FunctionalInterface
public interface AdapterInit {

  /**
   * The matrix A of one layer.
   *
   * @param module the layer's name
   * @param shape {@code [r, K]}
   */
  Tensor matrixA(Device device, String module, Shape shape);

  /**
   * PEFT's {@code init_lora_weights="gaussian"}, which DiffusionNFT uses: normal with standard
   * deviation 1/r.
   */
  static AdapterInit gaussian(long seed) {
    return (device, module, shape) ->
        new SeededValues(seed, module + ".lora_A").normal(device, shape, 1.0 / shape.dim(0));
  }
}
