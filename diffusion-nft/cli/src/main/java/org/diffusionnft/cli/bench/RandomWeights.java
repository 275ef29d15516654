package org.diffusionnft.cli.bench;

import java.util.SequencedMap;
import java.util.Set;
import org.diffusionnft.models.WeightSource;
import org.diffusionnft.models.transformer.MmditConfig;
import org.diffusionnft.models.transformer.MmditLayout;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;

/** Random weights of an MMDiT, in one dtype, uniform within {@code ±1/sqrt(fan in)}. */
final class RandomWeights implements WeightSource {
  private final SequencedMap<String, Shape> shapes;
  private final RandomTensors random;
  private final DType dtype;

  RandomWeights(MmditConfig config, Device device, DType dtype) {
    this.shapes = MmditLayout.parameters(config);
    this.random = new RandomTensors(device);
    this.dtype = dtype;
  }

  @Override
  public Set<String> names() {
    return shapes.keySet();
  }

  @Override
  public Tensor get(String name, Shape expected) {
    double fanIn = expected.rank() == 1 ? 1024 : (double) expected.elements() / expected.dim(0);
    return random.uniform(dtype, 1 / Math.sqrt(fanIn), expected);
  }
}
