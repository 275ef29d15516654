package org.diffusionnft.autograd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.diffusionnft.tensor.BinaryOp;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.ReferenceDevice;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.tensor.UnaryOp;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every operation's derivative, in double precision on the reference device. */
@Tag("slow")
class DerivativesTest {
  private final ReferenceDevice device = new ReferenceDevice();

  static List<GradientCase> cases() {
    return Cases.all();
  }

  @AfterEach
  void close() {
    device.close();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void equalsCentralDifferences(GradientCase c) {
    List<double[]> gradients = gradients(c, c::loss);
    List<double[]> point = c.point();
    double h = 1e-5;
    for (int i = 0; i < point.size(); i++) {
      for (int j = 0; j < point.get(i).length; j++) {
        double at = point.get(i)[j];
        point.get(i)[j] = at + h;
        double above = value(c, point);
        point.get(i)[j] = at - h;
        double below = value(c, point);
        point.get(i)[j] = at;
        double numeric = (above - below) / (2 * h);
        double tolerance = 2e-8 * Math.max(1, Math.abs(numeric));
        assertEquals(numeric, gradients.get(i)[j], tolerance, "input " + i + ", element " + j);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void checkpointingChangesNoBit(GradientCase c) {
    Function<List<Variable>, Variable> checkpointed =
        in -> {
          return Checkpoint.apply(computed(in), again -> List.of(c.loss(again))).getFirst();
        };
    assertSame(gradients(c, c::loss), gradients(c, checkpointed));
  }

  /**
   * What a block's end or the backward pass frees is overwritten here: nobody may still read it.
   */
  @ParameterizedTest
  @MethodSource("cases")
  void readsNothingThatItsBlockFreed(GradientCase c) {
    Function<List<Variable>, Variable> scoped =
        in -> {
          Variable loss = Variable.scoped(device, () -> c.loss(computed(in)));
          poisonPool();
          return loss;
        };
    assertSame(gradients(c, c::loss), gradients(c, scoped));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void computesOnlyGradientsThatAreNeeded(GradientCase c) {
    List<double[]> all = gradients(c, c::loss);
    for (int frozen = 0; frozen < c.shapes().size(); frozen++) {
      try (Memory.Scope _ = device.memory().scope();
          Gradients gradients = new Gradients()) {
        List<Variable> in = new ArrayList<>(c.parameters(device));
        in.set(frozen, in.get(frozen).detach());
        Tape tape = new Tape();
        Variable loss = tape.record(() -> Variable.scoped(device, () -> c.loss(computed(in))));
        poisonPool();
        if (in.size() == 1) {
          assertEquals(0, tape.size());
          continue;
        }
        tape.backward(loss, gradients);
        assertNull(gradients.find(in.get(frozen)));
        for (int i = 0; i < in.size(); i++) {
          if (i != frozen) {
            // attention with a constant mask is another operation than with a trained one
            double tolerance = c.name().equals("attention with mask") ? 1e-12 : 0;
            assertArrayEquals(all.get(i), gradients.of(in.get(i)).toDoubles(), tolerance);
          }
        }
      }
    }
  }

  @Test
  void everyOperationIsChecked() {
    Set<Class<?>> operations = new HashSet<>();
    Set<Object> functions = new HashSet<>();
    for (GradientCase c : Cases.all()) {
      try (Memory.Scope _ = device.memory().scope()) {
        Tape tape = new Tape();
        tape.record(() -> c.loss(c.parameters(device)));
        for (Node node : tape.nodes()) {
          if (node instanceof Node.Applied(var op, _, _, _)) {
            operations.add(op.getClass());
            if (op instanceof ElementwiseOperation.Unary(var f, _, _)) {
              functions.add(f);
            } else if (op instanceof ElementwiseOperation.Binary(var f)) {
              functions.add(f);
            }
          }
        }
      }
    }
    Set<Class<?>> expected = records(Operation.class);
    expected.remove(
        ElementwiseOperation.Convert.class); // needs two types: see convertsGradientsBack
    assertEquals(expected, operations);
    Set<Object> differentiable = new HashSet<>(Arrays.asList(UnaryOp.values()));
    for (BinaryOp op : BinaryOp.values()) {
      if (new ElementwiseOperation.Binary(op).isDifferentiable()) {
        differentiable.add(op);
      }
    }
    assertEquals(differentiable, functions);
  }

  /** All records below a sealed interface. */
  private static Set<Class<?>> records(Class<?> type) {
    Set<Class<?>> all = new HashSet<>();
    if (type.isSealed()) {
      for (Class<?> below : type.getPermittedSubclasses()) {
        all.addAll(records(below));
      }
    } else {
      all.add(type);
    }
    return all;
  }

  @Test
  void convertsGradientsBack() {
    Variable x = Variable.parameter(Tensor.of(device, new float[] {1.5f, -2}, 2));
    Variable wide = Variable.parameter(Tensor.of(device, new double[] {3, 0.1}, 2));
    Gradients gradients = new Gradients();
    Tape tape = new Tape();
    Variable loss = tape.record(() -> x.convert(DType.F64).mul(wide).sum());
    assertEquals(DType.F64, loss.value().dtype());
    tape.backward(loss, gradients);
    assertEquals(DType.F32, gradients.of(x).dtype());
    assertArrayEquals(new double[] {3, 0.1f}, gradients.of(x).toDoubles());
    assertArrayEquals(new double[] {1.5, -2}, gradients.of(wide).toDoubles());
  }

  @Test
  void comparisonsAreConstants() {
    Tape tape = new Tape();
    Variable x = Variable.parameter(Tensor.of(device, new double[] {1, 2}, 2));
    Variable greater = tape.record(() -> x.binary(BinaryOp.GREATER, x.affine(-1, 3)));
    assertTrue(!greater.requiresGrad());
    assertArrayEquals(new double[] {0, 1}, greater.value().toDoubles());
  }

  @Test
  void kinksFollowPyTorch() {
    assertKink(v -> v.clamp(-1, 1), new double[] {-2, -1, 0, 1, 2}, 0, 1, 1, 1, 0);
    assertKink(v -> v.unary(UnaryOp.ABS), new double[] {-2, 0, 3}, -1, 0, 1);
    assertKink(v -> v.unary(UnaryOp.RELU), new double[] {-2, 0, 3}, 0, 0, 1);
    assertKink(Variable::max, new double[] {3, 1, 3, 3, 0}, 1 / 3.0, 0, 1 / 3.0, 1 / 3.0, 0);
    assertKink(v -> v.maximum(v.detach()), new double[] {5, -1}, 0.5, 0.5);
    assertKink(v -> v.minimum(v.detach().affine(0, 1)), new double[] {0, 1, 2}, 1, 0.5, 0);
  }

  private void assertKink(Function<Variable, Variable> f, double[] at, double... derivative) {
    Variable x = Variable.parameter(Tensor.of(device, at, at.length));
    Gradients gradients = new Gradients();
    Tape tape = new Tape();
    Variable loss = tape.record(() -> f.apply(x).sum());
    tape.backward(loss, gradients);
    assertArrayEquals(derivative, gradients.of(x).toDoubles());
  }

  /** The gradients of a step, which must leave no memory in use. */
  private List<double[]> gradients(GradientCase c, Function<List<Variable>, Variable> f) {
    long before = device.memory().liveBytes();
    List<double[]> all = new ArrayList<>();
    try (Memory.Scope _ = device.memory().scope();
        Gradients gradients = new Gradients()) {
      List<Variable> in = c.parameters(device);
      Tape tape = new Tape();
      Variable loss = tape.record(() -> f.apply(in));
      tape.backward(loss, gradients);
      in.forEach(v -> all.add(gradients.of(v).toDoubles()));
    }
    assertEquals(before, device.memory().liveBytes(), "bytes left after the step");
    return all;
  }

  private double value(GradientCase c, List<double[]> point) {
    try (Memory.Scope _ = device.memory().scope()) {
      List<Variable> in = new ArrayList<>();
      for (int i = 0; i < point.size(); i++) {
        Shape shape = c.shapes().get(i);
        in.add(Variable.parameter(Tensor.of(device, point.get(i), shape.dims())));
      }
      return c.loss(in).item();
    }
  }

  /** The same values, made where this is called instead of before. */
  private static List<Variable> computed(List<Variable> in) {
    return in.stream().map(v -> v.affine(1, 0)).toList();
  }

  private void poisonPool() {
    try (Memory.Scope _ = device.memory().scope()) {
      for (long bytes = 64; bytes <= 1536; bytes += 64) {
        for (int i = 0; i < 24; i++) {
          Tensor.full(device, DType.F64, Shape.of(bytes / 8), Double.NaN);
        }
      }
    }
  }

  private static void assertSame(List<double[]> expected, List<double[]> actual) {
    for (int i = 0; i < expected.size(); i++) {
      assertArrayEquals(expected.get(i), actual.get(i), "input " + i);
    }
  }
}
