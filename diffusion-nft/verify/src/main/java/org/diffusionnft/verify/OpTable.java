package org.diffusionnft.verify;

import static java.util.Map.entry;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.diffusionnft.autograd.Functions;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.transformer.MmditConfig;
import org.diffusionnft.models.transformer.QkNorm;
import org.diffusionnft.models.transformer.SinusoidalEmbedding;
import org.diffusionnft.tensor.BinaryOp;
import org.diffusionnft.tensor.LayoutKernels.Window;
import org.diffusionnft.tensor.MatrixKernels.Product;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.tensor.UnaryOp;
import org.diffusionnft.weights.io.InvalidFileException;
import org.jspecify.annotations.Nullable;

/**
 * The mapping of an {@code ops} case's operations to ours: one line each. An operation is looked up
 * by its full name, then by progressively fewer of its parts between underscores ({@code
 * softmax_dim1} is {@code softmax}); sizes and constants are taken from the case.
 */
final class OpTable {
  private OpTable() {}

  /** Computes an operation. */
  interface Op {
    /** One result, or one per {@code out0}, {@code out1}, ... */
    List<Variable> apply(OpCall call) throws InvalidFileException;
  }

  private interface Single {
    Variable apply(OpCall call) throws InvalidFileException;
  }

  private static final Map<String, Op> OPS =
      Map.ofEntries(
          op("matmul", c -> c.in("x").matmul(c.in("y"))),
          op("matmul_nt", c -> c.in("x").matmul(c.in("y"), Product.NT)),
          op("matmul_tn", c -> c.in("x").matmul(c.in("y"), Product.TN)),
          op("linear", c -> c.in("input").linear(c.in("weight"), c.find("bias"))),
          op("softmax", c -> c.in("x").softmax(c.params().integer("dim"))),
          op("log_softmax", c -> c.in("x").logSoftmax(c.params().integer("dim"))),
          op("layer_norm", c -> c.in("x").layerNorm(c.find("weight"), c.find("bias"), c.eps())),
          op("rms_norm", c -> c.in("x").rmsNorm(c.find("weight"), c.eps())),
          op("group_norm", OpTable::groupNorm),
          op("modulate", OpTable::modulate),
          op("gelu_tanh", unary(UnaryOp.GELU_TANH)),
          op("gelu_erf", unary(UnaryOp.GELU_ERF)),
          op("quick_gelu", unary(UnaryOp.QUICK_GELU)),
          op("silu", unary(UnaryOp.SILU)),
          op("sigmoid", unary(UnaryOp.SIGMOID)),
          op("tanh", unary(UnaryOp.TANH)),
          op("relu", unary(UnaryOp.RELU)),
          op("exp", unary(UnaryOp.EXP)),
          op("log", unary(UnaryOp.LOG)),
          op("sqrt", unary(UnaryOp.SQRT)),
          op("rsqrt", unary(UnaryOp.RSQRT)),
          op("abs", unary(UnaryOp.ABS)),
          op("sin", unary(UnaryOp.SIN)),
          op("cos", unary(UnaryOp.COS)),
          op("pow", c -> c.in("x").pow(exponent(c.name()))),
          op("pow2", c -> c.in("x").pow(2)),
          op("clamp", c -> c.in("x").clamp(c.params().number("min"), c.params().number("max"))),
          op("add", c -> c.in("x").add(c.in("y"))),
          op("sub", c -> c.in("x").sub(c.in("y"))),
          op("mul", c -> c.in("x").mul(c.in("y"))),
          op("div", c -> c.in("x").div(c.in("y"))),
          op("maximum", c -> c.in("x").maximum(c.in("y"))),
          op("minimum", c -> c.in("x").minimum(c.in("y"))),
          op("where", OpTable::where),
          op("sum", c -> reduced(c, c.in("x").sum(dims(c)))),
          op("mean", c -> reduced(c, c.in("x").mean(dims(c)))),
          op("max", c -> reduced(c, c.in("x").max(dims(c)))),
          op("slice", OpTable::slice),
          op("cat", c -> Variable.concat(c.params().integer("dim"), c.in("x"), c.in("y"))),
          entry("chunk", OpTable::chunk),
          op("permute", c -> c.in("x").permute(c.params().integers("dims"))),
          op("transpose_reshape", OpTable::transposeReshape),
          op("unpatchify", OpTable::unpatchify),
          op("pad", c -> c.in("x").pad(-1, 0, padding(c.params().text("pad"), "right"))),
          op("repeat", OpTable::repeat),
          op("embedding", c -> c.in("weight").embedding(c.in("ids").value())),
          op("sdpa", OpTable::attention),
          op("conv", OpTable::convolution),
          op("upsample_nearest2", c -> Functions.upsampleNearest2(c.in("x"))),
          op("cross_entropy", c -> Functions.crossEntropy(c.in("logits"), c.in("labels").value())),
          op("mse", c -> Functions.meanSquaredError(c.in("x"), c.in("y"))),
          op("cosine_sim", c -> Functions.cosineSimilarity(c.in("x"), c.in("y"))),
          op("timestep_embedding", OpTable::timestepEmbedding),
          op("pos_embed_2d", OpTable::positionEmbedding));

  /** The operation with this name, or null. */
  static @Nullable Op find(String name) {
    for (String stem = name; !stem.isEmpty(); ) {
      Op found = OPS.get(stem);
      // conv3x3, conv2x2, chunk3: a part may end with a number
      found = found == null ? OPS.get(stem.replaceFirst("[0-9x]+$", "")) : found;
      if (found != null) {
        return found;
      }
      stem = stem.substring(0, Math.max(0, stem.lastIndexOf('_')));
    }
    return null;
  }

  private static Map.Entry<String, Op> op(String name, Single single) {
    return entry(name, call -> List.of(single.apply(call)));
  }

  private static Single unary(UnaryOp op) {
    return c -> c.in("x").unary(op);
  }

  private static double exponent(String name) {
    String last = name.substring(name.lastIndexOf('_') + 1).toLowerCase(Locale.ROOT);
    return last.equals("half") ? 0.5 : Double.parseDouble(last);
  }

  private static Variable modulate(OpCall c) throws InvalidFileException {
    Variable x = c.in("x");
    Variable shift = c.in("shift").reshape(x.dim(0), 1, x.dim(-1));
    Variable scale = c.in("scale").reshape(x.dim(0), 1, x.dim(-1));
    return x.mul(scale.affine(1, 1)).add(shift);
  }

  private static Variable groupNorm(OpCall c) throws InvalidFileException {
    int groups = c.params().integer("groups");
    return Functions.groupNorm(c.in("x"), groups, c.in("weight"), c.in("bias"), c.eps());
  }

  /** {@code where(x>0.1, x, y)}. */
  private static Variable where(OpCall c) throws InvalidFileException {
    Matcher bound = Pattern.compile("x\\s*>\\s*(-?[0-9.]+)").matcher(c.formula());
    if (!bound.find()) {
      throw c.invalid("formula needs a comparison 'x>NUMBER'");
    }
    Variable x = c.in("x");
    float[] values = {Float.parseFloat(bound.group(1))};
    Variable threshold = Variable.constant(Tensor.of(x.device(), values, 1));
    return x.binary(BinaryOp.GREATER, threshold).select(x, c.in("y"));
  }

  private static int[] dims(OpCall c) throws InvalidFileException {
    return c.params().has("dims") ? c.params().integers("dims") : new int[0];
  }

  /** Our reductions keep axes of size 1; PyTorch drops them by default. */
  private static Variable reduced(OpCall c, Variable kept) throws InvalidFileException {
    boolean keep = c.params().has("keepdim") && c.params().flag("keepdim");
    if (keep) {
      return kept;
    }
    int rank = c.in("x").shape().rank();
    boolean[] dropped = new boolean[rank];
    int[] dims = dims(c);
    for (int dim : dims.length == 0 ? IntStream.range(0, rank).toArray() : dims) {
      dropped[c.in("x").shape().axis(dim)] = true;
    }
    long[] left = IntStream.range(0, rank).filter(i -> !dropped[i]).mapToLong(kept::dim).toArray();
    return kept.reshape(Shape.of(left));
  }

  /** {@code x[:, 1:6, 2::3]}. */
  private static Variable slice(OpCall c) throws InvalidFileException {
    Matcher index = Pattern.compile("x\\[(.*)\\]").matcher(c.formula());
    if (!index.find()) {
      throw c.invalid("formula needs an index 'x[...]'");
    }
    Variable x = c.in("x");
    int axis = 0;
    for (String part : index.group(1).split(",", -1)) {
      String[] bounds = part.strip().split(":", -1);
      long size = x.dim(axis);
      long start = place(bound(bounds, 0, 0), size);
      long end = place(bound(bounds, 1, size), size);
      x = x.slice(axis, start, end, bound(bounds, 2, 1));
      axis++;
    }
    return x;
  }

  private static long bound(String[] bounds, int i, long otherwise) {
    return i < bounds.length && !bounds[i].isEmpty() ? Long.parseLong(bounds[i]) : otherwise;
  }

  /** Negative indices count from the end, and those beyond either end are clamped. */
  private static long place(long bound, long size) {
    return Math.clamp(bound < 0 ? bound + size : bound, 0, size);
  }

  private static List<Variable> chunk(OpCall c) throws InvalidFileException {
    return c.in("x").chunk(c.params().integer("chunks"), c.params().integer("dim"));
  }

  /** With more counts than axes, leading axes of size 1 are added. */
  private static Variable repeat(OpCall c) throws InvalidFileException {
    Variable x = c.in("x");
    long[] counts = longs(c.params().integers("repeats"));
    long[] dims = new long[Math.max(counts.length, x.shape().rank())];
    Arrays.fill(dims, 1);
    int added = dims.length - x.shape().rank();
    for (int i = added; i < dims.length; i++) {
      dims[i] = x.dim(i - added);
    }
    return x.reshape(dims).repeat(counts);
  }

  /** Splits heads, as for attention: the number of heads is taken from the result's shape. */
  private static Variable transposeReshape(OpCall c) throws InvalidFileException {
    Variable x = c.in("x");
    Shape out = c.outShape();
    long heads = out.dim(0) / x.dim(0);
    return x.reshape(x.dim(0), x.dim(1), heads, x.dim(2) / heads).transpose(1, 2).reshape(out);
  }

  private static Variable unpatchify(OpCall c) throws InvalidFileException {
    Variable x = c.in("x");
    long h = c.params().integer("h");
    long w = c.params().integer("w");
    long p = c.params().integer("patch");
    long channels = c.params().integer("channels");
    return x.reshape(x.dim(0), h, w, p, p, channels)
        .permute(0, 5, 1, 3, 2, 4)
        .reshape(x.dim(0), channels, h * p, w * p);
  }

  private static Variable attention(OpCall c) throws InvalidFileException {
    Variable q = c.in("q");
    int heads = q.shape().intDim(1);
    boolean given = c.params().has("scale") && c.params().node().path("scale").isNumber();
    double scale = given ? c.params().number("scale") : 1 / Math.sqrt((double) q.dim(3));
    Variable mask = c.name().contains("causal") ? causal(q, c.in("k")) : c.find("mask");
    Variable out =
        Functions.attention(joined(q), joined(c.in("k")), joined(c.in("v")), mask, heads, scale);
    return out.reshape(q.dim(0), q.dim(2), heads, -1).transpose(1, 2);
  }

  /** {@code [B, H, S, D]} to {@code [B, S, H*D]}. */
  private static Variable joined(Variable x) {
    return x.transpose(1, 2).reshape(x.dim(0), x.dim(2), x.dim(1) * x.dim(3));
  }

  /** 0 on and below the diagonal, the lowest float above it. */
  private static Variable causal(Variable q, Variable k) {
    int s = q.shape().intDim(2);
    int t = k.shape().intDim(2);
    float[] mask = new float[s * t];
    for (int i = 0; i < s; i++) {
      Arrays.fill(mask, Math.min(t, i + 1) + i * t, (i + 1) * t, -Float.MAX_VALUE);
    }
    return Variable.constant(Tensor.of(q.device(), mask, 1, 1, s, t));
  }

  private static Variable convolution(OpCall c) throws InvalidFileException {
    Shape weight = c.in("weight").shape();
    CaseConfig params = c.params();
    int stride = params.has("stride") ? params.integer("stride") : 1;
    int all = params.has("padding") ? params.integer("padding") : 0;
    String asymmetric = params.has("pad") ? params.text("pad") : "";
    Window window =
        new Window(
            weight.intDim(2),
            weight.intDim(3),
            stride,
            all + padding(asymmetric, "top"),
            all + padding(asymmetric, "left"),
            all + padding(asymmetric, "bottom"),
            all + padding(asymmetric, "right"));
    return Functions.conv2d(c.in("x"), c.in("weight"), c.find("bias"), window);
  }

  /** The number after a word in {@code right 1, bottom 1}, or 0. */
  private static int padding(String text, String side) {
    Matcher found = Pattern.compile(side + "\\s+(\\d+)").matcher(text);
    return found.find() ? Integer.parseInt(found.group(1)) : 0;
  }

  private static Variable timestepEmbedding(OpCall c) throws InvalidFileException {
    Tensor t = c.in("t").value();
    return Variable.constant(SinusoidalEmbedding.timesteps(t.device(), t.toFloats()));
  }

  /** The stored positional embedding of an MMDiT with patch size 1; [grid, width, base]. */
  private static Variable positionEmbedding(OpCall c) throws InvalidFileException {
    Tensor given = c.in("params").value();
    int[] p = Arrays.stream(given.toLongs()).mapToInt(Math::toIntExact).toArray();
    MmditConfig config =
        new MmditConfig(p[2], 1, 1, 1, p[1], 1, 1, p[1], 1, 1, p[0], List.of(), QkNorm.NONE);
    Tensor table = SinusoidalEmbedding.positions(config, given.device());
    return Variable.constant(table.reshape(table.dim(1), table.dim(2)));
  }

  private static long[] longs(int[] x) {
    return Arrays.stream(x).asLongStream().toArray();
  }
}
