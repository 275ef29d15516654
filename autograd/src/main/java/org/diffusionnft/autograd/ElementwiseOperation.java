package org.diffusionnft.autograd;

import static org.diffusionnft.tensor.Elementwise.add;
import static org.diffusionnft.tensor.Elementwise.affine;
import static org.diffusionnft.tensor.Elementwise.binary;
import static org.diffusionnft.tensor.Elementwise.div;
import static org.diffusionnft.tensor.Elementwise.mul;
import static org.diffusionnft.tensor.Elementwise.scale;
import static org.diffusionnft.tensor.Elementwise.select;

import java.util.Objects;
import org.diffusionnft.tensor.BinaryOp;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.Reductions;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.tensor.UnaryOp;
import org.jspecify.annotations.Nullable;

/** Elementwise operations. */
sealed interface ElementwiseOperation extends Operation {

  /** {@code f(x)}; every function's derivative is in its row of {@link UnaryOp}. */
  record Unary(UnaryOp op, double a, double b) implements ElementwiseOperation {
    @Override
    public Result forward(Tensor... in) {
      return new Result(Elementwise.unary(op, a, b, in[0]));
    }

    @Override
    public void backward(Tensor[] in, Result made, Tensor g, Contributions to) {
      if (op == UnaryOp.AFFINE) {
        to.give(0, () -> a == 1 ? g : scale(g, a));
      } else {
        to.give(0, () -> Elementwise.unaryGrad(op, a, b, in[0], g));
      }
    }

    @Override
    public Reads reads() {
      return op == UnaryOp.AFFINE ? Reads.NOTHING : Reads.INPUTS;
    }
  }

  /** {@code x op y}, broadcasting. */
  record Binary(BinaryOp op) implements ElementwiseOperation {

    /** A derivative: what it reads, and the gradients of x and y from the result's gradient. */
    private record Row(Reads reads, Partial x, Partial y) {}

    private interface Partial {
      Tensor of(Tensor x, Tensor y, Tensor g);
    }

    /** The derivative of every function; comparisons have none. */
    private static @Nullable Row row(BinaryOp op) {
      return switch (op) {
        case ADD -> new Row(Reads.NOTHING, (x, y, g) -> g, (x, y, g) -> g);
        case SUB -> new Row(Reads.NOTHING, (x, y, g) -> g, (x, y, g) -> scale(g, -1));
        case MUL -> new Row(Reads.OTHER_FACTOR, (x, y, g) -> mul(g, y), (x, y, g) -> mul(g, x));
        case DIV ->
            new Row(
                Reads.INPUTS,
                (x, y, g) -> div(g, y),
                (x, y, g) -> scale(div(mul(g, div(x, y)), y), -1));
        case MAX ->
            new Row(
                Reads.INPUTS, (x, y, g) -> mul(g, share(x, y)), (x, y, g) -> mul(g, share(y, x)));
        case MIN ->
            new Row(
                Reads.INPUTS, (x, y, g) -> mul(g, share(y, x)), (x, y, g) -> mul(g, share(x, y)));
        case GREATER, GREATER_EQUAL, EQUAL -> null;
      };
    }

    /** 1 where {@code x > y}, 1/2 where they are equal. */
    private static Tensor share(Tensor x, Tensor y) {
      return affine(
          add(binary(BinaryOp.GREATER, x, y), binary(BinaryOp.GREATER_EQUAL, x, y)), 0.5, 0);
    }

    private Row row() {
      return Objects.requireNonNull(row(op), "comparisons have no derivative");
    }

    @Override
    public Result forward(Tensor... in) {
      return new Result(binary(op, in[0], in[1]));
    }

    @Override
    public void backward(Tensor[] in, Result made, Tensor g, Contributions to) {
      Row row = row();
      to.give(0, () -> row.x().of(in[0], in[1], g));
      to.give(1, () -> row.y().of(in[0], in[1], g));
    }

    @Override
    public Reads reads() {
      return row().reads();
    }

    @Override
    public boolean isDifferentiable() {
      return row(op) != null;
    }
  }

  /** Conversion to another storage type. */
  record Convert(DType to) implements ElementwiseOperation {
    @Override
    public Result forward(Tensor... in) {
      return new Result(Elementwise.convert(in[0], to));
    }

    @Override
    public void backward(Tensor[] in, Result made, Tensor g, Contributions to) {
      to.give(0, () -> Elementwise.convert(g, DType.arithmetic(in[0])));
    }

    @Override
    public Reads reads() {
      return Reads.NOTHING;
    }
  }

  /** {@code condition != 0 ? x : y} of condition, x, y. */
  record Select() implements ElementwiseOperation {
    @Override
    public Result forward(Tensor... in) {
      return new Result(select(in[0], in[1], in[2]));
    }

    @Override
    public void backward(Tensor[] in, Result made, Tensor g, Contributions to) {
      to.give(1, () -> select(in[0], g, zerosLike(g)));
      to.give(2, () -> select(in[0], zerosLike(g), g));
    }

    @Override
    public Reads reads() {
      return Reads.of((i, _) -> i == 0);
    }

    private static Tensor zerosLike(Tensor x) {
      return Tensor.zeros(x.device(), x.dtype(), x.shape());
    }
  }

  /** {@code residual + gate * x} of residual, gate, x. */
  record GatedAdd() implements ElementwiseOperation {
    @Override
    public Result forward(Tensor... in) {
      return new Result(Elementwise.gatedAdd(in[0], in[1], in[2]));
    }

    @Override
    public void backward(Tensor[] in, Result made, Tensor g, Contributions to) {
      Tensor gate = in[1].reshape(in[1].dim(0), 1, in[1].dim(1));
      to.give(0, () -> g);
      to.give(1, () -> Reductions.sum(mul(g, in[2]), 1));
      to.give(2, () -> mul(g, gate));
    }

    @Override
    public Reads reads() {
      return Reads.of((i, needed) -> i > 0 && needed.test(3 - i));
    }
  }
}
