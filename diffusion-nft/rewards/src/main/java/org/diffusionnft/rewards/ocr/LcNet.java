package org.diffusionnft.rewards.ocr;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.diffusionnft.rewards.ocr.NetworkBuilder.Weight;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.weights.io.InvalidFileException;

/**
 * PP-LCNetV3, the backbone of both networks of PP-OCRv5, from its training form: every layer is a
 * sum of several convolutions, each with batch norm, fused into one convolution for inference.
 */
final class LcNet {
  private static final double EPSILON = 1e-5;
  private static final String PREFIX = "model.backbone.";
  private static final String CONVOLUTION = ".convolution.weight";
  private static final String NORM = ".normalization";

  private final NetworkBuilder to;

  LcNet(NetworkBuilder to) {
    this.to = to;
  }

  /**
   * One layer of a stage.
   *
   * @param strides along height and width
   * @param activated whether an activation follows the first half
   */
  private record Layer(long[] strides, boolean activated) {
    /**
     * {@code [kernel, in, out, stride, squeeze]}; a pair of strides means that the activation is
     * kept.
     */
    static Layer of(Path file, JsonNode row) throws InvalidFileException {
      JsonNode stride = row.path(3);
      boolean pair = stride.isArray() && stride.size() == 2;
      if (!row.isArray() || !(stride.isInt() || pair)) {
        throw new InvalidFileException(
            file, "has block_configs that are not rows of kernel, channels, stride and squeeze");
      }
      long high = pair ? stride.path(0).asLong() : stride.asLong();
      long wide = pair ? stride.path(1).asLong() : stride.asLong();
      return new Layer(new long[] {high, wide}, pair || high != 2);
    }
  }

  /** The outputs of the stem and of every stage. */
  List<String> stages(Path file, JsonNode config) throws InvalidFileException {
    List<String> out = new ArrayList<>();
    long stride = config.path("stem_stride").asLong(2);
    String stem = PREFIX + "encoder.convolution";
    if (!to.has(stem + CONVOLUTION)) {
      stem = PREFIX + "embedder.convolution";
    }
    Fused first = Fused.of(to, stem + CONVOLUTION, stem + NORM);
    String value = first.add(to, "pixels", 1, stride, stride);
    out.add(value);
    JsonNode stages = config.path("block_configs");
    if (!stages.isArray() || stages.isEmpty()) {
      throw new InvalidFileException(file, "has no backbone_config.block_configs");
    }
    for (int s = 0; s < stages.size(); s++) {
      for (int l = 0; l < stages.get(s).size(); l++) {
        Layer layer = Layer.of(file, stages.get(s).get(l));
        String name = PREFIX + "encoder.blocks." + s + ".layers." + l + ".";
        value = rep(name + "depthwise_convolution", value, layer, true);
        if (to.has(name + "squeeze_excitation_module.convolutions.0.weight")) {
          String squeeze = name + "squeeze_excitation_module.convolutions.";
          value = squeezed(to, value, squeeze + "0", squeeze + "2", 1f / 6);
        }
        Layer pointwise = new Layer(new long[] {1, 1}, true);
        value = rep(name + "pointwise_convolution", value, pointwise, false);
      }
      out.add(value);
    }
    return out;
  }

  private String rep(String name, String value, Layer layer, boolean depthwise)
      throws InvalidFileException {
    Fused sum =
        Fused.of(to, name + ".conv_symmetric.0" + CONVOLUTION, name + ".conv_symmetric.0" + NORM);
    for (int i = 1; to.has(name + ".conv_symmetric." + i + CONVOLUTION); i++) {
      String branch = name + ".conv_symmetric." + i;
      sum.plus(Fused.of(to, branch + CONVOLUTION, branch + NORM));
    }
    if (to.has(name + ".conv_small_symmetric" + CONVOLUTION)) {
      String branch = name + ".conv_small_symmetric";
      sum.plus(Fused.of(to, branch + CONVOLUTION, branch + NORM));
    }
    if (to.has(name + ".identity.weight")) {
      sum.plusIdentity(Fused.norm(to, name + ".identity"), depthwise);
    }
    sum.affine(
        to.weight(name + ".lab.scale").values()[0], to.weight(name + ".lab.bias").values()[0]);
    int groups = depthwise ? sum.filters() : 1;
    String made = sum.add(to, value, groups, layer.strides()[0], layer.strides()[1]);
    if (!layer.activated()) {
      return made;
    }
    String active = to.add("HardSwish", made);
    String scaled = to.add("Mul", active, to.constant(to.weight(name + ".act.lab.scale")));
    return to.add("Add", scaled, to.constant(to.weight(name + ".act.lab.bias")));
  }

  /** Squeeze-and-excitation: channels weighted as a function of their means. */
  static String squeezed(NetworkBuilder to, String value, String down, String up, float slope)
      throws InvalidFileException {
    String mean = to.add("GlobalAveragePool", value);
    String small = to.add("Relu", convolution(to, mean, down));
    String wide = convolution(to, small, up);
    String gate = to.number("alpha", slope).number("beta", 0.5f).add("HardSigmoid", wide);
    return to.add("Mul", value, gate);
  }

  /** A 1x1 convolution with bias. */
  static String convolution(NetworkBuilder to, String value, String name)
      throws InvalidFileException {
    return to.add(
        "Conv",
        value,
        to.constant(to.weight(name + ".weight")),
        to.constant(to.weight(name + ".bias")));
  }

  /** A convolution with its batch norm, in double precision. */
  static final class Fused {
    private final Shape shape;
    private final double[] weight;
    private final double[] bias;

    private Fused(Shape shape, double[] weight, double[] bias) {
      this.shape = shape;
      this.weight = weight;
      this.bias = bias;
    }

    /** The scale and the shift of each channel. */
    static double[][] norm(NetworkBuilder to, String name) throws InvalidFileException {
      float[] scale = to.weight(name + ".weight").values();
      float[] shift = to.weight(name + ".bias").values();
      float[] mean = to.weight(name + ".running_mean").values();
      float[] variance = to.weight(name + ".running_var").values();
      double[][] out = new double[2][scale.length];
      for (int i = 0; i < scale.length; i++) {
        out[0][i] = scale[i] / Math.sqrt(variance[i] + EPSILON);
        out[1][i] = shift[i] - mean[i] * out[0][i];
      }
      return out;
    }

    static Fused of(NetworkBuilder to, String convolution, String norm)
        throws InvalidFileException {
      Weight w = to.weight(convolution);
      double[][] affine = norm(to, norm);
      double[] values = new double[w.values().length];
      int size = values.length / w.dim(0);
      for (int i = 0; i < values.length; i++) {
        values[i] = w.values()[i] * affine[0][i / size];
      }
      return new Fused(w.shape(), values, affine[1]);
    }

    int filters() {
      return shape.intDim(0);
    }

    /** Adds another convolution, with a kernel of the same size or 1x1. */
    void plus(Fused other) {
      int area = shape.intDim(2) * shape.intDim(3);
      boolean small = other.weight.length < weight.length;
      for (int i = 0; i < other.weight.length; i++) {
        weight[small ? i * area + area / 2 : i] += other.weight[i];
      }
      for (int i = 0; i < bias.length; i++) {
        bias[i] += other.bias[i];
      }
    }

    /** Adds the identity of every channel, scaled and shifted. */
    void plusIdentity(double[][] affine, boolean depthwise) {
      int area = shape.intDim(2) * shape.intDim(3);
      int inputs = shape.intDim(1);
      for (int i = 0; i < bias.length; i++) {
        weight[(i * inputs + (depthwise ? 0 : i)) * area + area / 2] += affine[0][i];
        bias[i] += affine[1][i];
      }
    }

    void affine(double scale, double shift) {
      for (int i = 0; i < weight.length; i++) {
        weight[i] *= scale;
      }
      for (int i = 0; i < bias.length; i++) {
        bias[i] = bias[i] * scale + shift;
      }
    }

    /** Adds it to the network, with padding that preserves the size. */
    String add(NetworkBuilder to, String value, int groups, long high, long wide) {
      long tall = shape.dim(2) / 2;
      long broad = shape.dim(3) / 2;
      return to.with("strides", high, wide)
          .with("pads", tall, broad, tall, broad)
          .integer("group", groups)
          .add(
              "Conv",
              value,
              to.constant(shape, floats(weight)),
              to.constant(Shape.of(bias.length), floats(bias)));
    }

    private static float[] floats(double[] from) {
      float[] out = new float[from.length];
      for (int i = 0; i < out.length; i++) {
        out[i] = (float) from[i];
      }
      return out;
    }
  }
}
