package org.diffusionnft.autograd;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.diffusionnft.autograd.ElementwiseOperation.Binary;
import org.diffusionnft.autograd.ElementwiseOperation.Convert;
import org.diffusionnft.autograd.ElementwiseOperation.GatedAdd;
import org.diffusionnft.autograd.ElementwiseOperation.Select;
import org.diffusionnft.autograd.ElementwiseOperation.Unary;
import org.diffusionnft.autograd.LayoutOperation.Concat;
import org.diffusionnft.autograd.LayoutOperation.Expand;
import org.diffusionnft.autograd.LayoutOperation.Gather;
import org.diffusionnft.autograd.LayoutOperation.Pad;
import org.diffusionnft.autograd.LayoutOperation.Permute;
import org.diffusionnft.autograd.LayoutOperation.Reshape;
import org.diffusionnft.autograd.LayoutOperation.Slice;
import org.diffusionnft.autograd.NormOperation.LogSoftmax;
import org.diffusionnft.autograd.NormOperation.Softmax;
import org.diffusionnft.autograd.ProductOperation.LowRankLinear;
import org.diffusionnft.autograd.ProductOperation.Matmul;
import org.diffusionnft.autograd.ProductOperation.MergedLinear;
import org.diffusionnft.autograd.ReductionOperation.Max;
import org.diffusionnft.autograd.ReductionOperation.Sum;
import org.diffusionnft.tensor.BinaryOp;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.MatrixKernels.Product;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.Precision;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.tensor.UnaryOp;
import org.jspecify.annotations.Nullable;

/**
 * A tensor that can take part in differentiation. Models are written against this class once: while
 * a {@link Tape} records, operations on variables that require a gradient are recorded; otherwise
 * they just compute. Compared by identity.
 */
public final class Variable {
  private final Tensor value;
  private final boolean requiresGrad;
  private final @Nullable Tape recorder;
  private boolean released;

  private Variable(Tensor value, boolean requiresGrad, @Nullable Tape recorder) {
    this.value = value;
    this.requiresGrad = requiresGrad;
    this.recorder = recorder;
  }

  /** A value without a gradient: an input, a mask, a frozen weight. */
  public static Variable constant(Tensor value) {
    return new Variable(value, false, null);
  }

  /**
   * A leaf whose gradient is wanted: a trained weight, or an input to differentiate with respect
   * to.
   */
  public static Variable parameter(Tensor value) {
    return new Variable(value, true, null);
  }

  static Variable recorded(Tensor value, Tape recorder) {
    return new Variable(value, true, recorder);
  }

  /**
   * The elements.
   *
   * @throws IllegalStateException if a backward pass, or the end of the block that made this, has
   *     released their memory
   */
  public Tensor value() {
    if (released) {
      throw new IllegalStateException(
          "the memory of this value of shape "
              + value.shape()
              + " was released by a backward pass (see Tape.keep) or with its block (see scoped)");
    }
    return value;
  }

  /** {@link #value} whose memory may have been released. */
  Tensor tensor() {
    return value;
  }

  /** The dimensions. */
  public Shape shape() {
    return value.shape();
  }

  /** Shorthand for {@code shape().dim(axis)}. */
  public long dim(int axis) {
    return value.dim(axis);
  }

  /** The device that holds the elements. */
  public Device device() {
    return value.device();
  }

  /**
   * Whether a backward pass computes its gradient: true for a parameter, or a recorded result of
   * one.
   */
  public boolean requiresGrad() {
    return requiresGrad;
  }

  /** The same elements as a constant. Must not be read after a backward pass unless kept. */
  public Variable detach() {
    return requiresGrad ? constant(value()) : this;
  }

  /** {@code x + y}, broadcasting. */
  public Variable add(Variable y) {
    return apply(new Binary(BinaryOp.ADD), this, y);
  }

  /** {@code x - y}, broadcasting. */
  public Variable sub(Variable y) {
    return apply(new Binary(BinaryOp.SUB), this, y);
  }

  /** {@code x * y}, broadcasting. */
  public Variable mul(Variable y) {
    return apply(new Binary(BinaryOp.MUL), this, y);
  }

  /** {@code x / y}, broadcasting. */
  public Variable div(Variable y) {
    return apply(new Binary(BinaryOp.DIV), this, y);
  }

  /** The larger one, broadcasting; equal elements share the gradient. */
  public Variable maximum(Variable y) {
    return apply(new Binary(BinaryOp.MAX), this, y);
  }

  /** The smaller one, broadcasting; equal elements share the gradient. */
  public Variable minimum(Variable y) {
    return apply(new Binary(BinaryOp.MIN), this, y);
  }

  /** {@code x op y}, broadcasting. The result of a comparison is a constant. */
  public Variable binary(BinaryOp op, Variable y) {
    return apply(new Binary(op), this, y);
  }

  /** {@code factor * x}. */
  public Variable scale(double factor) {
    return unary(UnaryOp.AFFINE, factor, 0);
  }

  /** {@code factor * x + addend}. */
  public Variable affine(double factor, double addend) {
    return unary(UnaryOp.AFFINE, factor, addend);
  }

  /** {@code x^exponent}. */
  public Variable pow(double exponent) {
    return unary(UnaryOp.POW, exponent, 0);
  }

  /** {@code min(max(x, low), high)}; the gradient passes at the bounds themselves. */
  public Variable clamp(double low, double high) {
    return unary(UnaryOp.CLAMP, low, high);
  }

  /** {@code x * sigmoid(x)}. */
  public Variable silu() {
    return unary(UnaryOp.SILU);
  }

  /** GELU in its tanh approximation, as in MMDiT and T5; see {@link UnaryOp} for the others. */
  public Variable gelu() {
    return unary(UnaryOp.GELU_TANH);
  }

  /** {@code f(x)} for a function without parameters. */
  public Variable unary(UnaryOp f) {
    return unary(f, 0, 0);
  }

  /** {@code f(x)}; {@code a} and {@code b} are the parameters {@link UnaryOp} names. */
  public Variable unary(UnaryOp f, double a, double b) {
    return apply(new Unary(f, a, b), this);
  }

  /** The same values in another storage type; the gradient is in the arithmetic type. */
  public Variable convert(DType to) {
    return value.dtype() == to ? this : apply(new Convert(to), this);
  }

  /**
   * This value in the precision of products under {@link Autocast}: itself, or rounded to BF16.
   * Products do this themselves; round a value that several products share once, beforehand.
   */
  public Variable operand() {
    DType stored = value().dtype();
    boolean rounds = stored == DType.F32 || stored == DType.F16;
    return Autocast.precision() == Precision.BF16 && rounds ? convert(DType.BF16) : this;
  }

  /** {@code condition != 0 ? x : y} with this as the condition, which gets no gradient. */
  public Variable select(Variable x, Variable y) {
    return apply(new Select(), detach(), x, y);
  }

  /** {@code this + gate * x}: this and {@code x} {@code [B, T, C]}, {@code gate} {@code [B, C]}. */
  public Variable gatedAdd(Variable gate, Variable x) {
    return apply(new GatedAdd(), this, gate, x);
  }

  /** Another shape over the same memory; one dimension may be -1 and is inferred. */
  public Variable reshape(long... dims) {
    return reshape(value().reshape(dims).shape());
  }

  /** Another shape over the same memory. */
  public Variable reshape(Shape to) {
    return shape().equals(to) ? this : apply(new Reshape(to), this);
  }

  /** Reorders the axes: axis {@code i} of the result is axis {@code dims[i]} of this. */
  public Variable permute(int... dims) {
    return apply(new Permute(dims.clone()), this);
  }

  /** Swaps two axes. */
  public Variable transpose(int axis1, int axis2) {
    int[] dims = new int[shape().rank()];
    Arrays.setAll(dims, i -> i);
    dims[shape().axis(axis1)] = shape().axis(axis2);
    dims[shape().axis(axis2)] = shape().axis(axis1);
    return permute(dims);
  }

  /** Entries {@code start} to {@code end} (exclusive) of an axis; a view where contiguous. */
  public Variable slice(int axis, long start, long end) {
    return slice(axis, start, end, 1);
  }

  /** Entries {@code start} to {@code end} (exclusive) of an axis, every {@code step}-th. */
  public Variable slice(int axis, long start, long end, long step) {
    return apply(new Slice(shape().axis(axis), start, end, step), this);
  }

  /**
   * {@code n} equal parts of an axis, in order.
   *
   * @throws IllegalArgumentException if {@code n} does not divide it
   */
  public List<Variable> chunk(int n, int axis) {
    long size = dim(axis) / n;
    if (size * n != dim(axis)) {
      throw new IllegalArgumentException(
          "axis " + axis + " of shape " + shape() + " cannot be cut into " + n + " equal parts");
    }
    long[] sizes = new long[n];
    Arrays.fill(sizes, size);
    return split(axis, sizes);
  }

  /**
   * The parts of an axis that have these sizes, in order; views where contiguous.
   *
   * @throws IllegalArgumentException if the sizes do not add up to the axis
   */
  public List<Variable> split(int axis, long... sizes) {
    if (Arrays.stream(sizes).sum() != dim(axis)) {
      throw new IllegalArgumentException(
          "sizes " + Arrays.toString(sizes) + " don't add up to axis " + axis + " of " + shape());
    }
    int a = shape().axis(axis);
    boolean records = records(this);
    List<Variable> parts = new ArrayList<>();
    long start = 0;
    for (long size : sizes) {
      Tensor part = new Slice(a, start, start + size, 1).forward(value()).out();
      parts.add(records ? recorded(part, Tape.active().orElseThrow()) : constant(part));
      start += size;
    }
    if (records) {
      Tape.active().orElseThrow().add(new Node.Split(a, this, List.copyOf(parts)));
    }
    return parts;
  }

  /** Joins variables along an axis. */
  public static Variable concat(int axis, Variable... parts) {
    return apply(new Concat(parts[0].shape().axis(axis)), parts);
  }

  /** Zeros before and after an axis. */
  public Variable pad(int axis, long before, long after) {
    return apply(new Pad(shape().axis(axis), before, after), this);
  }

  /** Stretches size-1 axes (and adds leading ones) by NumPy's rules, copying. */
  public Variable expand(long... dims) {
    Shape to = Shape.of(dims);
    return shape().equals(to) ? this : apply(new Expand(to), this);
  }

  /** Repeats the whole tensor along each axis, as {@code torch.Tensor.repeat} of equal rank. */
  public Variable repeat(long... times) {
    int rank = shape().rank();
    if (times.length != rank) {
      throw new IllegalArgumentException(
          "repeat needs " + rank + " counts for shape " + shape() + ", not " + times.length);
    }
    long[] apart = new long[2 * rank];
    long[] stretched = new long[2 * rank];
    long[] joined = new long[rank];
    for (int i = 0; i < rank; i++) {
      apart[2 * i] = 1;
      stretched[2 * i] = times[i];
      apart[2 * i + 1] = stretched[2 * i + 1] = dim(i);
      joined[i] = times[i] * dim(i);
    }
    return reshape(apart).expand(stretched).reshape(joined);
  }

  /** Sum along axes, which stay with size 1; no axes given means all. */
  public Variable sum(int... axes) {
    return apply(new Sum(axes.clone()), this);
  }

  /** Mean along axes, which stay with size 1; no axes given means all. */
  public Variable mean(int... axes) {
    Variable sum = sum(axes);
    return sum.scale((double) sum.shape().elements() / Math.max(1, shape().elements()));
  }

  /** Maximum along axes, which stay with size 1; ties share the gradient. No axes: all. */
  public Variable max(int... axes) {
    return apply(new Max(axes.clone()), this);
  }

  /**
   * {@code a b}; leading dimensions are batches, and a {@code b} of rank 2 is used for all of them.
   */
  public Variable matmul(Variable b) {
    return matmul(b, Product.NN);
  }

  /**
   * A matrix product with its options.
   *
   * @throws IllegalArgumentException if the product accumulates, or the shapes don't fit
   */
  public Variable matmul(Variable b, Product product) {
    if (product.accumulate()) {
      throw new IllegalArgumentException(
          "a product of variables cannot be added into another variable");
    }
    UnaryOp activation = product.activation();
    if (activation != null && records(this, b)) {
      // The derivative of the activation needs its input.
      return matmul(b, product.plain()).unary(activation);
    }
    return apply(new Matmul(product.in(Autocast.precision())), operand(), b.operand());
  }

  /**
   * {@code x Wᵀ + bias}: x {@code [.., K]}, W {@code [N, K]} of any float type, bias {@code [N]}.
   */
  public Variable linear(Variable weight, @Nullable Variable bias) {
    return linear(weight, bias, (UnaryOp) null);
  }

  /** {@code activation(x Wᵀ + bias)}; one kernel unless a tape records it. */
  public Variable linear(Variable weight, @Nullable Variable bias, @Nullable UnaryOp activation) {
    Variable x = operand();
    Variable w = weight.operand();
    Variable[] in = bias == null ? vars(x, w) : vars(x, w, bias);
    if (activation != null && records(in)) {
      // The derivative of the activation needs its input.
      return x.linear(w, bias).unary(activation);
    }
    return apply(new ProductOperation.Linear(activation, Autocast.precision()), in);
  }

  /**
   * {@code x Wᵀ + bias + scale (x Aᵀ) Bᵀ}: a linear layer with a low-rank adapter (LoRA, Hu et al.,
   * arXiv 2106.09685). In F32 the adapter is merged into a copy of the weight where that is less
   * work; in half precision, merging would round the adapter away.
   *
   * @param weight {@code [N, K]}
   * @param bias {@code [N]} or null
   * @param a {@code [r, K]}
   * @param b {@code [N, r]}
   * @param scale alpha / r
   */
  public Variable linear(
      Variable weight, @Nullable Variable bias, Variable a, Variable b, double scale) {
    Precision precision = Autocast.precision();
    long rows = shape().elements() / dim(-1);
    boolean merged =
        precision == Precision.F32
            && MergedLinear.pays(rows, weight.dim(0), weight.dim(1), a.dim(0));
    Operation op = merged ? new MergedLinear(scale) : new LowRankLinear(scale, precision);
    Variable x = operand();
    Variable w = weight.operand();
    Variable down = a.operand();
    Variable up = b.operand();
    return bias == null ? apply(op, x, w, down, up) : apply(op, x, w, down, up, bias);
  }

  /**
   * Layer norm along the last axis.
   *
   * @param weight {@code [C]}, or {@code [G, C]} where group g applies to the g-th of G equal runs
   *     of rows; null for 1
   * @param bias like {@code weight}; null for 0
   */
  public Variable layerNorm(@Nullable Variable weight, @Nullable Variable bias, double eps) {
    List<Variable> in = new ArrayList<>();
    in.add(this);
    if (weight != null) {
      in.add(weight);
    }
    if (bias != null) {
      in.add(bias);
    }
    return apply(
        new NormOperation.LayerNorm(eps, weight != null, bias != null),
        in.toArray(Variable[]::new));
  }

  /**
   * Layer norm with per-sample modulation as in DiT's adaLN (Peebles and Xie, arXiv 2212.09748):
   * {@code norm(x) * (1 + scale) + shift}, for this {@code [B, T, C]}, scale and shift {@code [B,
   * C]}.
   */
  public Variable modulatedLayerNorm(Variable scale, Variable shift, double eps) {
    return layerNorm(scale.affine(1, 1), shift, eps);
  }

  /** {@code x / sqrt(mean(x²) + eps) * weight} along the last axis; weight {@code [C]} or null. */
  public Variable rmsNorm(@Nullable Variable weight, double eps) {
    Operation op = new NormOperation.RmsNorm(eps);
    return weight == null ? apply(op, this) : apply(op, this, weight);
  }

  /** Softmax along an axis. */
  public Variable softmax(int axis) {
    return alongLast(new Softmax(), axis);
  }

  /** Logarithm of the softmax along an axis. */
  public Variable logSoftmax(int axis) {
    return alongLast(new LogSoftmax(), axis);
  }

  /** Rows of this table {@code [V, C]} by I64 ids; {@code [ids.., C]}. */
  public Variable embedding(Tensor ids) {
    return apply(new Gather(), this, constant(ids));
  }

  /**
   * Runs a block with one result, then frees its temporary memory: everything but the result and,
   * while a tape records, what its backward pass reads.
   */
  public static Variable scoped(Device device, Supplier<Variable> block) {
    return scopedAll(device, () -> List.of(block.get())).getFirst();
  }

  /** {@link #scoped} for a block with several results. */
  public static List<Variable> scopedAll(Device device, Supplier<List<Variable>> block) {
    Optional<Tape> tape = Tape.active();
    int before = tape.map(Tape::size).orElse(0);
    try (Memory.Scope scope = device.memory().scope()) {
      List<Variable> results = block.get();
      results.forEach(v -> scope.keep(v.value().storage()));
      tape.ifPresent(t -> t.keepNeeded(before, scope));
      return results;
    }
  }

  /** The only element. */
  public double item() {
    return value().item();
  }

  private Variable alongLast(Operation op, int axis) {
    int last = shape().rank() - 1;
    return shape().axis(axis) == last
        ? apply(op, this)
        : apply(op, transpose(axis, last)).transpose(axis, last);
  }

  /** Computes an operation, and records it if a tape is active and an input requires a gradient. */
  static Variable apply(Operation op, Variable... inputs) {
    Tensor[] values = new Tensor[inputs.length];
    for (int i = 0; i < inputs.length; i++) {
      values[i] = inputs[i].value();
    }
    Operation.Result result = op.forward(values);
    if (!op.isDifferentiable() || !records(inputs)) {
      result.saved().forEach(Tensor::release);
      return constant(result.out());
    }
    Tape tape = Tape.active().orElseThrow();
    Variable out = recorded(result.out(), tape);
    tape.add(new Node.Applied(op, List.of(inputs), out, result.saved()));
    return out;
  }

  private static Variable[] vars(Variable... all) {
    return all;
  }

  private static boolean records(Variable... inputs) {
    Optional<Tape> tape = Tape.active();
    boolean needed = false;
    for (Variable v : inputs) {
      needed |= v.requiresGrad;
    }
    return tape.isPresent() && needed;
  }

  boolean isLeaf() {
    return recorder == null;
  }

  boolean isRecordedBy(Tape tape) {
    return recorder == tape;
  }

  boolean isReleased() {
    return released;
  }

  void markReleased() {
    released = true;
  }

  @Override
  public String toString() {
    return "Variable" + shape() + (requiresGrad ? " with gradient" : "");
  }
}
