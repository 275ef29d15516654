package org.diffusionnft.onnx.operator;

import java.util.List;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.diffusionnft.tensor.ConvolutionKernels.Step;
import org.jspecify.annotations.Nullable;

/** All supported operators of ONNX's own domain. */
public final class Operators {
  private static final SequencedMap<String, Row> ROWS = new TreeMap<>();

  static {
    Stream.of(
            Unary.rows(),
            Binary.rows(),
            Comparison.rows(),
            Shaping.rows(),
            Making.rows(),
            Casting.rows(),
            Indexing.rows(),
            Ordering.rows(),
            Reduction.rows(),
            Products.rows(),
            Normalization.rows(),
            Convolution.rows(),
            TransposedConvolution.rows(),
            Pooling.rows(),
            Resizing.rows(),
            Sampling.rows(),
            Control.rows(),
            Sequences.rows(),
            Quantization.rows())
        .flatMap(List::stream)
        .forEach(row -> ROWS.put(row.name(), row));
  }

  private Operators() {}

  /**
   * A convolution with fused steps.
   *
   * @param transposed whether it is a {@code ConvTranspose}
   * @param then steps applied to the result
   */
  public static Row convolution(boolean transposed, List<Step> then) {
    return transposed ? TransposedConvolution.row(then) : Convolution.row(then);
  }

  /** The operator of this name, or null. */
  public static @Nullable Row named(String domain, String name) {
    return domain.isEmpty() ? ROWS.get(name) : null;
  }

  /** All names, sorted. */
  public static List<String> names() {
    return List.copyOf(ROWS.keySet());
  }
}
