package org.diffusionnft.models.transformer;

import java.util.SequencedMap;
import java.util.Set;
import org.diffusionnft.models.SeededValues;
import org.diffusionnft.models.WeightSource;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;

/**
 * Initial values of an MMDiT that is trained from scratch, as a source to load it from. They depend
 * only on the seed and the parameters' names.
 */
public final class MmditInit implements WeightSource {
  private final SequencedMap<String, Shape> shapes;
  private final Device device;
  private final long seed;
  private final Scheme scheme;

  /** The initialisation scheme. RMS norm weights are 1 in all schemes. */
  public enum Scheme {
    /** As in diffusers: weights and biases uniform within {@code ±1/sqrt(fan in)}. */
    PYTORCH,
    /**
     * DiT's (Peebles and Xie, arXiv 2212.09748, section 3.2): Xavier-uniform weights, zero biases,
     * and zeros in the adaLN and output layers, so that every block starts as the identity and the
     * model's output is 0.
     */
    ADALN_ZERO
  }

  /** Creates values on a device. */
  public MmditInit(MmditConfig config, Device device, long seed, Scheme scheme) {
    this.shapes = MmditLayout.parameters(config);
    this.device = device;
    this.seed = seed;
    this.scheme = scheme;
  }

  @Override
  public Set<String> names() {
    return shapes.keySet();
  }

  @Override
  public Tensor get(String name, Shape expected) {
    Shape shape = shape(name);
    if (!shape.equals(expected)) {
      throw new IllegalArgumentException(
          "tensor " + name + " should have shape " + expected + " but has " + shape);
    }
    if (expected.rank() == 1 && name.endsWith(".weight")) {
      return Tensor.full(device, DType.F32, shape, 1);
    }
    boolean bias = name.endsWith(".bias");
    Shape weight = bias ? shape(name.replace(".bias", ".weight")) : shape;
    double fanOut = weight.dim(0);
    double fanIn = weight.elements() / fanOut;
    SeededValues values = new SeededValues(seed, name);
    return switch (scheme) {
      case PYTORCH -> values.uniform(device, shape, 1 / Math.sqrt(fanIn));
      case ADALN_ZERO ->
          bias || isZeroed(name)
              ? Tensor.zeros(device, DType.F32, shape)
              : values.uniform(device, shape, Math.sqrt(6 / (fanIn + fanOut)));
    };
  }

  private static boolean isZeroed(String name) {
    return name.contains("norm1.linear.")
        || name.contains("norm1_context.linear.")
        || name.startsWith("norm_out.linear.")
        || name.startsWith("proj_out.");
  }

  private Shape shape(String name) {
    Shape shape = shapes.get(name);
    if (shape == null) {
      throw new IllegalArgumentException("the model has no parameter " + name);
    }
    return shape;
  }
}
