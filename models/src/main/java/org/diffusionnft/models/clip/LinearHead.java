package org.diffusionnft.models.clip;

import java.util.ArrayList;
import java.util.List;
import org.diffusionnft.models.WeightSource;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;

/**
 * The head of the improved aesthetic predictor (Schuhmann): five linear layers on an embedding,
 * without activations between them. Their product is one row of weights, but the layers are applied
 * one by one, as in the reference code.
 *
 * @param layers in order; the last has one output
 */
public record LinearHead(List<Layer> layers) {
  /** Positions in the reference code's list; the gaps are dropouts. */
  private static final int[] POSITIONS = {0, 2, 4, 6, 7};

  /**
   * One layer.
   *
   * @param weight {@code [out][in]}
   * @param bias {@code [out]}
   */
  public record Layer(double[][] weight, double[] bias) {}

  /** The name of a layer's weight. */
  public static String weight(int position) {
    return "layers." + POSITIONS[position] + ".weight";
  }

  /**
   * Loads the layers from a source.
   *
   * @param widths of the embedding and of the output of each layer but the last: 5 numbers
   * @throws IllegalArgumentException if a tensor is missing, unknown or has another shape
   */
  public static LinearHead load(int[] widths, WeightSource source) {
    List<String> names = new ArrayList<>();
    for (int position : POSITIONS) {
      names.add("layers." + position + ".weight");
      names.add("layers." + position + ".bias");
    }
    source.requireExactly("an aesthetic head", names, List.of());
    List<Layer> layers = new ArrayList<>();
    for (int i = 0; i < POSITIONS.length; i++) {
      int in = widths[i];
      int out = i + 1 < POSITIONS.length ? widths[i + 1] : 1;
      double[] flat = take(source, names.get(2 * i), Shape.of(out, in));
      double[][] weight = new double[out][in];
      for (int row = 0; row < out; row++) {
        System.arraycopy(flat, row * in, weight[row], 0, in);
      }
      layers.add(new Layer(weight, take(source, names.get(2 * i + 1), Shape.of(out))));
    }
    return new LinearHead(List.copyOf(layers));
  }

  private static double[] take(WeightSource source, String name, Shape shape) {
    Tensor tensor = source.get(name, shape);
    double[] values = tensor.toDoubles();
    tensor.release();
    return values;
  }

  /** The head's output for an embedding. */
  public double apply(double[] embedding) {
    double[] x = embedding;
    for (Layer layer : layers) {
      double[] y = layer.bias().clone();
      for (int i = 0; i < y.length; i++) {
        for (int j = 0; j < x.length; j++) {
          y[i] += layer.weight()[i][j] * x[j];
        }
      }
      x = y;
    }
    return x[0];
  }
}
