package org.diffusionnft.onnx.operator;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.diffusionnft.onnx.value.NdArray;
import org.diffusionnft.onnx.value.Strided;
import org.diffusionnft.onnx.value.Value;
import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.Norms;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.onnx.ElementType;
import org.diffusionnft.weights.onnx.SmallFloats;
import org.jspecify.annotations.Nullable;

/** Elements shifted and scaled by statistics of their neighbours. */
final class Normalization {
  private Normalization() {}

  static List<Row> rows() {
    return List.of(
        Row.one("Softmax", c -> softmax(c, false)),
        Row.one("LogSoftmax", c -> softmax(c, true)),
        Row.of("BatchNormalization", Normalization::batch),
        Row.one("InstanceNormalization", Normalization::instance),
        Row.one("GroupNormalization", Normalization::group),
        Row.of("LayerNormalization", Normalization::layer),
        Row.one("RMSNormalization", Normalization::rms),
        Row.one("MeanVarianceNormalization", Normalization::meanVariance),
        Row.one("LpNormalization", Normalization::lp),
        Row.one("LRN", Normalization::localResponse),
        Row.of("Dropout", Normalization::dropout));
  }

  private static NdArray softmax(Call call, boolean log) {
    NdArray x = call.in(0);
    call.requireFloating(x);
    boolean flat = call.opset() < 13; // all axes from this one on are flattened
    if (x.rank() == 0) {
      return NdArray.ofDoubles(x.type(), x.shape(), new double[] {log ? 0 : 1});
    }
    int axis = call.axis("axis", flat ? 1 : -1, x.rank());
    int size = flat ? Strided.product(x.shape(), axis, x.rank()) : x.dim(axis);
    int inner = flat ? 1 : Strided.product(x.shape(), axis + 1, x.rank());
    if (!log && inner == 1 && x.type() == ElementType.FLOAT && x.count() > 0) {
      Tensor rows = x.tensor(call.device()).reshape(-1, size);
      return NdArray.of(Norms.softmax(rows).reshape(x.shape()));
    }
    double[] v = x.toDoubles();
    int lines = size == 0 ? 0 : v.length / size;
    boolean half = !log && x.type().bits() == 16;
    for (int line = 0; line < lines; line++) {
      int start = line / inner * size * inner + line % inner;
      if (half) {
        halfSoftmax(x.type(), v, start, size, inner);
        continue;
      }
      double max = Double.NEGATIVE_INFINITY;
      for (int j = 0; j < size; j++) {
        max = Math.max(max, v[start + j * inner]);
      }
      double sum = 0;
      for (int j = 0; j < size; j++) {
        sum += Math.exp(v[start + j * inner] - max);
      }
      for (int j = 0; j < size; j++) {
        int at = start + j * inner;
        v[at] = log ? v[at] - max - Math.log(sum) : Math.exp(v[at] - max) / sum;
      }
    }
    return NdArray.ofDoubles(x.type(), x.shape(), v);
  }

  /** Each step is rounded, as in the reference code; sums of BF16 too, but not those of F16. */
  private static void halfSoftmax(ElementType type, double[] v, int start, int size, int inner) {
    float max = Float.NEGATIVE_INFINITY;
    for (int j = 0; j < size; j++) {
      max = Math.max(max, (float) v[start + j * inner]);
    }
    float sum = 0;
    for (int j = 0; j < size; j++) {
      float shifted = SmallFloats.round(type, (float) v[start + j * inner] - max);
      float exp = SmallFloats.round(type, (float) Math.exp(shifted));
      v[start + j * inner] = exp;
      sum += exp;
      sum = type == ElementType.BFLOAT16 ? SmallFloats.round(type, sum) : sum;
    }
    sum = SmallFloats.round(type, sum);
    for (int j = 0; j < size; j++) {
      v[start + j * inner] = SmallFloats.round(type, (float) v[start + j * inner] / sum);
    }
  }

  private static List<Value> batch(Call call) {
    NdArray x = call.in(0);
    call.requireFloating(x);
    call.requireRank(x, 1, Integer.MAX_VALUE);
    int channels = x.rank() == 1 ? 1 : x.dim(1);
    double[][] given = new double[4][];
    for (int i = 0; i < 4; i++) {
      given[i] = call.in(i + 1).toDoubles();
      call.require(given[i].length == channels, "needs a number for each channel of " + x);
    }
    double eps = call.number("epsilon", 1e-5f);
    boolean training = call.opset() >= 14 && call.flag("training_mode", false);
    int inner = x.rank() == 1 ? 1 : Strided.product(x.shape(), 2, x.rank());
    double[] mean = given[2];
    double[] variance = given[3];
    List<Value> more = new ArrayList<>();
    if (training) {
      double momentum = call.number("momentum", 0.9f);
      double[] v = x.toDoubles();
      mean = new double[channels];
      variance = new double[channels];
      moments(v, channels, inner, mean, variance);
      double[] runningMean = new double[channels];
      double[] runningVariance = new double[channels];
      for (int c = 0; c < channels; c++) {
        runningMean[c] = given[2][c] * momentum + mean[c] * (1 - momentum);
        runningVariance[c] = given[3][c] * momentum + variance[c] * (1 - momentum);
      }
      more.add(NdArray.ofDoubles(call.in(3).type(), Shape.of(channels), runningMean));
      more.add(NdArray.ofDoubles(call.in(4).type(), Shape.of(channels), runningVariance));
    }
    double[] factor = new double[channels];
    double[] addend = new double[channels];
    for (int c = 0; c < channels; c++) {
      factor[c] = given[0][c] / Math.sqrt(variance[c] + eps);
      addend[c] = given[1][c] - mean[c] * factor[c];
    }
    more.addFirst(affine(call, x, channels, inner, factor, addend));
    return more;
  }

  /** Scales and shifts every channel. */
  private static NdArray affine(
      Call call, NdArray x, int channels, int inner, double[] factor, double[] addend) {
    if (x.type() == ElementType.FLOAT && x.isOnDevice() && x.count() > 0) {
      Shape one = Shape.of(1, channels, 1);
      Tensor f = NdArray.ofDoubles(x.type(), one, factor).tensor(call.device());
      Tensor a = NdArray.ofDoubles(x.type(), one, addend).tensor(call.device());
      Tensor out = Elementwise.mul(x.tensor(call.device()).reshape(-1, channels, inner), f);
      Elementwise.addInPlace(out, a);
      return NdArray.of(out.reshape(x.shape()));
    }
    if (x.type() == ElementType.FLOAT) {
      float[] from = x.floats();
      float[] out = new float[from.length];
      for (int start = 0, c = 0; start < out.length; start += inner, c = (c + 1) % channels) {
        float f = (float) factor[c];
        float a = (float) addend[c];
        for (int i = start; i < start + inner; i++) {
          out[i] = from[i] * f + a;
        }
      }
      return NdArray.floats(x.shape(), out);
    }
    double[] v = x.toDoubles();
    for (int i = 0; i < v.length; i++) {
      int c = i / inner % channels;
      v[i] = v[i] * factor[c] + addend[c];
    }
    return NdArray.ofDoubles(x.type(), x.shape(), v);
  }

  private static void moments(
      double[] v, int channels, int inner, double[] mean, double[] variance) {
    double count = (double) v.length / channels;
    for (int i = 0; i < v.length; i++) {
      mean[i / inner % channels] += v[i] / count;
    }
    for (int i = 0; i < v.length; i++) {
      double d = v[i] - mean[i / inner % channels];
      variance[i / inner % channels] += d * d / count;
    }
  }

  private static NdArray instance(Call call) {
    NdArray x = call.in(0);
    call.requireRank(x, 3, Integer.MAX_VALUE);
    return grouped(call, x, x.dim(1), call.number("epsilon", 1e-5f), 1);
  }

  private static NdArray group(Call call) {
    NdArray x = call.in(0);
    call.requireRank(x, 3, Integer.MAX_VALUE);
    int groups = (int) call.integer("num_groups");
    call.require(
        groups > 0 && x.dim(1) % groups == 0,
        "needs channels in %d groups: %s".formatted(groups, x));
    // before operator set 21, there was a scale per group instead of per channel
    return grouped(
        call, x, groups, call.number("epsilon", 1e-5f), call.opset() < 21 ? x.dim(1) / groups : 1);
  }

  private static NdArray grouped(Call call, NdArray x, int groups, double eps, int perScale) {
    call.requireFloating(x);
    double[] scale = call.in(1).toDoubles();
    double[] bias = call.in(2).toDoubles();
    int channels = x.dim(1);
    call.require(
        scale.length * perScale == channels && bias.length == scale.length,
        "needs a scale and a bias for each channel of " + x);
    int inner = Strided.product(x.shape(), 2, x.rank());
    double[] v = x.toDoubles();
    int size = channels / groups * inner;
    for (int start = 0; start < v.length; start += size) {
      normalise(v, start, size, eps);
    }
    for (int i = 0; i < v.length; i++) {
      int c = i / inner % channels / perScale;
      v[i] = v[i] * scale[c] + bias[c];
    }
    return NdArray.ofDoubles(x.type(), x.shape(), v);
  }

  private static void normalise(double[] v, int start, int size, double eps) {
    double mean = 0;
    for (int i = start; i < start + size; i++) {
      mean += v[i] / size;
    }
    double variance = 0;
    for (int i = start; i < start + size; i++) {
      variance += (v[i] - mean) * (v[i] - mean) / size;
    }
    double rstd = 1 / Math.sqrt(variance + eps);
    for (int i = start; i < start + size; i++) {
      v[i] = (v[i] - mean) * rstd;
    }
  }

  /**
   * An array that is normalised over its last axes.
   *
   * @param axis the first of these axes
   * @param size number of elements that share statistics
   */
  private record Rows(NdArray x, int axis, int size, NdArray scale, double eps) {
    static Rows of(Call call) {
      NdArray x = call.in(0);
      call.requireFloating(x);
      int axis = call.axis("axis", -1, x.rank());
      int size = Strided.product(x.shape(), axis, x.rank());
      NdArray scale = affineOperand(call, x, axis, call.in(1));
      return new Rows(x, axis, size, scale, call.number("epsilon", 1e-5f));
    }
  }

  private static List<Value> layer(Call call) {
    Rows over = Rows.of(call);
    NdArray x = over.x;
    int axis = over.axis;
    int size = over.size;
    NdArray scale = over.scale;
    double eps = over.eps;
    NdArray bias = call.has(2) ? affineOperand(call, x, axis, call.in(2)) : null;
    long[] dims = x.shape().dims().clone();
    Arrays.fill(dims, axis, dims.length, 1);
    Shape statistics = Shape.of(dims);
    boolean plain = scale.count() == size && (bias == null || bias.count() == size);
    if (x.type() == ElementType.FLOAT && x.count() > 0 && plain) {
      Norms.LayerNormed made =
          Norms.layerNorm(
              x.tensor(call.device()).reshape(-1, size),
              scale.tensor(call.device()).reshape(1, size),
              bias == null ? null : bias.tensor(call.device()).reshape(1, size),
              eps);
      return List.of(
          NdArray.of(made.out().reshape(x.shape())),
          NdArray.of(made.mean().reshape(statistics)),
          NdArray.of(made.rstd().reshape(statistics)));
    }
    double[] v = x.toDoubles();
    int rows = size == 0 ? 0 : v.length / size;
    double[] mean = new double[rows];
    double[] rstd = new double[rows];
    for (int r = 0; r < rows; r++) {
      for (int i = 0; i < size; i++) {
        mean[r] += v[r * size + i] / size;
      }
      double variance = 0;
      for (int i = 0; i < size; i++) {
        double d = v[r * size + i] - mean[r];
        variance += d * d / size;
      }
      rstd[r] = 1 / Math.sqrt(variance + eps);
      for (int i = 0; i < size; i++) {
        v[r * size + i] = (v[r * size + i] - mean[r]) * rstd[r];
      }
    }
    NdArray normed = NdArray.ofDoubles(x.type(), x.shape(), v);
    ElementType precise = x.type() == ElementType.DOUBLE ? ElementType.DOUBLE : ElementType.FLOAT;
    return List.of(
        scaled(call, normed, scale, bias),
        NdArray.ofDoubles(precise, statistics, mean),
        NdArray.ofDoubles(precise, statistics, rstd));
  }

  /** Broadcasts scale or bias to the normalised axes. */
  private static NdArray affineOperand(Call call, NdArray x, int axis, NdArray given) {
    long[] tail = Arrays.copyOfRange(x.shape().dims(), axis, x.rank());
    Shape over = Shape.of(tail);
    boolean fits = given.rank() <= over.rank() && call.broadcast(given.shape(), over).equals(over);
    return fits ? Shaping.broadcast(given, over) : given;
  }

  private static NdArray scaled(Call call, NdArray x, NdArray scale, @Nullable NdArray bias) {
    NdArray times = Binary.combine(call, x, scale, (a, b) -> a * b, null);
    return bias == null ? times : Binary.combine(call, times, bias, Double::sum, null);
  }

  private static NdArray rms(Call call) {
    Rows over = Rows.of(call);
    NdArray x = over.x;
    int size = over.size;
    if (x.type() == ElementType.FLOAT && x.count() > 0 && over.scale.count() == size) {
      Tensor weight = over.scale.tensor(call.device()).reshape(size);
      Tensor rows = x.tensor(call.device()).reshape(-1, size);
      return NdArray.of(Norms.rmsNorm(rows, weight, over.eps).out().reshape(x.shape()));
    }
    double[] v = x.toDoubles();
    for (int start = 0; start < v.length; start += size) {
      double sum = 0;
      for (int i = start; i < start + size; i++) {
        sum += v[i] * v[i] / size;
      }
      for (int i = start; i < start + size; i++) {
        v[i] /= Math.sqrt(sum + over.eps);
      }
    }
    return scaled(call, NdArray.ofDoubles(x.type(), x.shape(), v), over.scale, null);
  }

  private static NdArray meanVariance(Call call) {
    NdArray x = call.in(0);
    call.requireFloating(x);
    long[] given = call.integers("axes");
    int[] axes = call.axes(given == null ? new long[] {0, 2, 3} : given, x.rank());
    Reduction.Groups groups = Reduction.Groups.of(x.shape(), axes);
    double[] v = x.toDoubles();
    for (int start : groups.starts()) {
      double mean = 0;
      double squares = 0;
      for (int w : groups.within()) {
        mean += v[start + w] / groups.within().length;
        squares += v[start + w] * v[start + w] / groups.within().length;
      }
      double deviation = Math.sqrt(squares - mean * mean) + 1e-9;
      for (int w : groups.within()) {
        v[start + w] = (v[start + w] - mean) / deviation;
      }
    }
    return NdArray.ofDoubles(x.type(), x.shape(), v);
  }

  private static NdArray lp(Call call) {
    NdArray x = call.in(0);
    call.requireFloating(x);
    int axis = call.axis("axis", -1, x.rank());
    long p = call.integer("p", 2);
    call.require(p == 1 || p == 2, "has p " + p + ", and only 1 and 2 are");
    Reduction.Groups groups = Reduction.Groups.of(x.shape(), new int[] {axis});
    double[] v = x.toDoubles();
    for (int start : groups.starts()) {
      double sum = 0;
      for (int w : groups.within()) {
        sum += p == 1 ? Math.abs(v[start + w]) : v[start + w] * v[start + w];
      }
      double norm = p == 1 ? sum : Math.sqrt(sum);
      for (int w : groups.within()) {
        v[start + w] = norm == 0 ? 0 : v[start + w] / norm;
      }
    }
    return NdArray.ofDoubles(x.type(), x.shape(), v);
  }

  private static NdArray localResponse(Call call) {
    NdArray x = call.in(0);
    call.requireFloating(x);
    call.requireRank(x, 2, Integer.MAX_VALUE);
    int size = call.toInt(call.integer("size"), "size");
    call.require(size > 0, "has size " + size + ", which must be at least 1");
    double alpha = call.number("alpha", 1e-4f);
    double beta = call.number("beta", 0.75f);
    double bias = call.number("bias", 1);
    int channels = x.dim(1);
    int inner = Strided.product(x.shape(), 2, x.rank());
    double[] v = x.toDoubles();
    double[] out = new double[v.length];
    for (int i = 0; i < v.length; i++) {
      int c = i / inner % channels;
      double sum = 0;
      int low = Math.max(0, c - (size - 1) / 2);
      int high = Math.min(channels - 1, c + size / 2);
      for (int j = low; j <= high; j++) {
        double w = v[i + (j - c) * inner];
        sum += w * w;
      }
      out[i] = v[i] / Math.pow(bias + alpha / size * sum, beta);
    }
    return NdArray.ofDoubles(x.type(), x.shape(), out);
  }

  private static List<Value> dropout(Call call) {
    NdArray x = call.in(0);
    boolean training = call.opset() >= 12 ? call.has(2) && call.scalar(2) != 0 : false;
    double ratio = call.opset() >= 12 ? (call.has(1) ? call.scalar(1) : 0.5) : 0.5;
    if (training && ratio != 0) {
      throw call.unsupported(
          "drops out at random, which is not supported: export the model for inference");
    }
    long[] mask = new long[x.count()];
    Arrays.fill(mask, 1);
    return List.of(x, NdArray.of(ElementType.BOOL, x.shape(), mask));
  }
}
