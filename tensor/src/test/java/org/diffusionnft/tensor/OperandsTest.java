package org.diffusionnft.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.diffusionnft.tensor.ConvolutionKernels.Sweep;
import org.diffusionnft.tensor.MatrixKernels.Product;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whichever operand of whichever operation lies on another device: it is refused. */
class OperandsTest {
  private final Device device = new ReferenceDevice();
  private final Device other = new ReferenceDevice();

  @AfterEach
  void close() {
    device.close();
    other.close();
  }

  /** A call of an operation with operands of these shapes. */
  private record Call(String name, Consumer<Tensor[]> operation, List<Shape> shapes) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static Call call(String name, Consumer<Tensor[]> operation, long[]... shapes) {
    return new Call(name, operation, Arrays.stream(shapes).map(Shape::of).toList());
  }

  private static long[] dims(long... dims) {
    return dims;
  }

  /** A line per operation of several tensors, named as its method. */
  static List<Call> calls() {
    long[] matrix = dims(3, 3);
    long[] row = dims(3);
    long[] tokens = dims(1, 2, 4);
    long[] scores = dims(1, 1, 2, 2);
    return List.of(
        call("Elementwise.add", t -> Elementwise.add(t[0], t[1]), matrix, row),
        call("Elementwise.sub", t -> Elementwise.sub(t[0], t[1]), matrix, row),
        call("Elementwise.mul", t -> Elementwise.mul(t[0], t[1]), matrix, row),
        call("Elementwise.div", t -> Elementwise.div(t[0], t[1]), matrix, row),
        call("Elementwise.binary", t -> Elementwise.binary(BinaryOp.MAX, t[0], t[1]), matrix, row),
        call("Elementwise.addInPlace", t -> Elementwise.addInPlace(t[0], t[1]), matrix, row),
        call(
            "Elementwise.unaryGrad",
            t -> Elementwise.unaryGrad(UnaryOp.SILU, 0, 0, t[0], t[1]),
            row,
            row),
        call("Elementwise.select", t -> Elementwise.select(t[0], t[1], t[2]), row, row, row),
        call(
            "Elementwise.gatedAdd",
            t -> Elementwise.gatedAdd(t[0], t[1], t[2]),
            tokens,
            dims(1, 4),
            tokens),
        call("Layout.concat", t -> Layout.concat(0, t), row, row, row),
        call("Layout.gather", t -> Layout.gather(t[0], t[1]), matrix, dims(2)),
        call("Layout.scatterAdd", t -> Layout.scatterAdd(t[0], t[1], 5), matrix, row),
        call("Matrices.matmul", t -> Matrices.matmul(t[0], t[1]), matrix, matrix),
        call(
            "Matrices.matmul",
            t -> Matrices.matmul(t[0], t[1], t[2], Product.NN),
            matrix,
            matrix,
            row),
        call("Matrices.linear", t -> Matrices.linear(t[0], t[1], t[2]), matrix, matrix, row),
        call(
            "Matrices.addProduct",
            t -> Matrices.addProduct(t[0], t[1], Product.NN, t[2]),
            matrix,
            matrix,
            matrix),
        call(
            "Matrices.productInto",
            t -> Matrices.productInto(t[0], t[1], Product.NN, t[2]),
            matrix,
            matrix,
            matrix),
        call(
            "Matrices.lowRankSum",
            t -> Matrices.lowRankSum(t[0], t[1], t[2], 2),
            matrix,
            matrix,
            matrix),
        call(
            "Convolutions.convolve",
            t ->
                Convolutions.convolve(
                    t[0], t[1], t[2], new Sweep(1, 1, 1, 1, 1, 1, 0, 0, 3, 3, 1), List.of()),
            dims(1, 2, 3, 3),
            dims(3, 2, 1, 1),
            row),
        call("Norms.layerNorm", t -> Norms.layerNorm(t[0], t[1], t[2], 1e-6), matrix, row, row),
        call(
            "Norms.layerNormGrad",
            t -> Norms.layerNormGrad(t[0], t[1], t[2], t[3], t[4], true, null),
            matrix,
            row,
            row,
            row,
            matrix),
        call("Norms.rmsNorm", t -> Norms.rmsNorm(t[0], t[1], 1e-6), matrix, row),
        call(
            "Norms.rmsNormGrad",
            t -> Norms.rmsNormGrad(t[0], t[1], t[2], t[3], true),
            matrix,
            row,
            row,
            matrix),
        call("Norms.softmaxGrad", t -> Norms.softmaxGrad(t[0], t[1]), matrix, matrix),
        call(
            "Attention.attention",
            t -> Attention.attention(t[0], t[1], t[2], t[3], 2, 1),
            tokens,
            tokens,
            tokens,
            scores),
        call(
            "Attention.attentionGrad",
            t -> {
              Attention.Attended forward = new Attention.Attended(t[4], t[5]);
              Attention.attentionGrad(t[0], t[1], t[2], t[3], 2, 1, forward, t[6], Precision.F32);
            },
            tokens,
            tokens,
            tokens,
            scores,
            tokens,
            dims(1, 2, 2),
            tokens));
  }

  @ParameterizedTest
  @MethodSource("calls")
  void allLieOnOneDevice(Call call) {
    call.operation().accept(operands(call, -1));
    for (int i = 0; i < call.shapes().size(); i++) {
      Tensor[] operands = operands(call, i);
      var refusal =
          assertThrows(
              IllegalArgumentException.class,
              () -> call.operation().accept(operands),
              "operand " + i + " on another device");
      assertTrue(refusal.getMessage().contains("two devices"), refusal.getMessage());
    }
  }

  /** Operands of which one lies on the other device; -1 for none. */
  private Tensor[] operands(Call call, int elsewhere) {
    Tensor[] operands = new Tensor[call.shapes().size()];
    for (int i = 0; i < operands.length; i++) {
      Device where = i == elsewhere ? other : device;
      operands[i] = Tensor.full(where, type(call, i), call.shapes().get(i), 1);
    }
    return operands;
  }

  private static DType type(Call call, int operand) {
    boolean ids = Set.of("Layout.gather", "Layout.scatterAdd").contains(call.name());
    return ids && operand == 1 ? DType.I64 : DType.F32;
  }

  @Test
  void everyOperationOfSeveralTensorsIsInTheTable() {
    Set<String> several = new TreeSet<>();
    for (Class<?> family :
        List.of(
            Attention.class,
            Convolutions.class,
            Elementwise.class,
            Layout.class,
            Matrices.class,
            Norms.class,
            Reductions.class)) {
      for (Method method : family.getDeclaredMethods()) {
        if (Modifier.isPublic(method.getModifiers()) && tensors(method) > 1) {
          several.add(family.getSimpleName() + "." + method.getName());
        }
      }
    }
    Set<String> called = new TreeSet<>();
    calls().forEach(c -> called.add(c.name()));
    assertEquals(several, called);
  }

  /** Tensors that a method takes; an array counts as two. */
  private static int tensors(Method method) {
    int count = 0;
    for (Class<?> type : method.getParameterTypes()) {
      count += type.equals(Tensor.class) ? 1 : type.equals(Tensor[].class) ? 2 : 0;
    }
    return count;
  }
}
