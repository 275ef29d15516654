package org.diffusionnft.autograd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.BiFunction;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.ReferenceDevice;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A small two-stream transformer, in F32, with and without checkpointing. */
class CheckpointTest {
  private static final int LAYERS = 3;
  private final ReferenceDevice device = new ReferenceDevice();
  private final Random random = new Random(1);

  @AfterEach
  void close() {
    device.close();
  }

  private Variable normal(boolean trained, long... dims) {
    float[] v = new float[(int) Shape.of(dims).elements()];
    for (int i = 0; i < v.length; i++) {
      v[i] = (float) random.nextGaussian() / 3;
    }
    Tensor t = Tensor.of(device, v, dims);
    return trained ? Variable.parameter(t) : Variable.constant(t);
  }

  /** A block's weights: the base's are frozen, the factors are trained. */
  private record Block(Variable weight, Variable a, Variable b, Variable modulation) {

    /** Two streams that attend to each other; the second passes through unchanged if last. */
    List<Variable> apply(List<Variable> in, boolean last) {
      Variable x = in.get(0);
      Variable c = in.get(1);
      List<Variable> parts = in.get(2).silu().linear(modulation, null).chunk(3, 1);
      Variable normed = x.modulatedLayerNorm(parts.get(0), parts.get(1), 1e-6);
      Variable q = Variable.concat(1, normed, c).linear(weight, null, a, b, 0.5);
      Variable both = Functions.attention(q, q, q, null, 2, 0.5);
      List<Variable> split = both.split(1, x.dim(1), c.dim(1));
      Variable y = x.gatedAdd(parts.get(2), split.get(0));
      return List.of(y, last ? c : c.add(split.get(1)));
    }
  }

  private interface Run {
    List<Variable> block(Block block, List<Variable> in, boolean last);
  }

  private record Step(List<double[]> gradients, long peak) {}

  private Step step(Run run) {
    random.setSeed(5);
    List<Block> blocks = new ArrayList<>();
    for (int i = 0; i < LAYERS; i++) {
      blocks.add(
          new Block(
              normal(false, 8, 8), normal(true, 2, 8), normal(true, 8, 2), normal(true, 24, 8)));
    }
    Variable input = normal(true, 2, 6, 8);
    Variable context = normal(false, 2, 3, 8);
    Variable time = normal(true, 2, 8);
    long before = device.memory().liveBytes();
    List<double[]> all = new ArrayList<>();
    try (Memory.Scope _ = device.memory().scope();
        Gradients gradients = new Gradients()) {
      Tape tape = new Tape();
      Variable loss =
          tape.record(
              () -> {
                List<Variable> streams = List.of(input.scale(1), context);
                Variable temb = time.scale(2);
                for (int i = 0; i < LAYERS; i++) {
                  streams =
                      run.block(
                          blocks.get(i),
                          List.of(streams.get(0), streams.get(1), temb),
                          i == LAYERS - 1);
                }
                return streams.get(0).mul(streams.get(0)).sum().add(streams.get(1).sum());
              });
      tape.backward(loss, gradients);
      assertEquals(0, tape.size());
      all.add(gradients.of(input).toDoubles());
      all.add(gradients.of(time).toDoubles());
      for (Block block : blocks) {
        all.add(gradients.of(block.a()).toDoubles());
        all.add(gradients.of(block.b()).toDoubles());
        all.add(gradients.of(block.modulation()).toDoubles());
      }
    }
    assertEquals(before, device.memory().liveBytes());
    return new Step(all, device.memory().peakBytes());
  }

  private void assertSameGradients(Run other) {
    Step expected = step(Block::apply);
    Step actual = step(other);
    for (int i = 0; i < expected.gradients().size(); i++) {
      assertArrayEquals(expected.gradients().get(i), actual.gradients().get(i), "gradient " + i);
    }
  }

  @Test
  void perBlock() {
    assertSameGradients((b, in, last) -> Checkpoint.apply(in, again -> b.apply(again, last)));
  }

  @Test
  void nested() {
    assertSameGradients(
        (b, in, last) ->
            Checkpoint.apply(in, again -> Checkpoint.apply(again, third -> b.apply(third, last))));
  }

  @Test
  void aroundScopedBlocks() {
    assertSameGradients(
        (b, in, last) ->
            Checkpoint.apply(in, again -> Variable.scopedAll(device, () -> b.apply(again, last))));
  }

  @Test
  void insideScopedBlocks() {
    assertSameGradients(
        (b, in, last) ->
            Variable.scopedAll(device, () -> Checkpoint.apply(in, again -> b.apply(again, last))));
  }

  @Test
  void outputsThatAreTheSameOrViewsOfEachOther() {
    BiFunction<Variable, Boolean, Variable> f =
        (x, checkpointed) -> {
          Checkpoint.Body body =
              in -> {
                Variable y = in.getFirst().silu();
                List<Variable> rows = y.split(0, 1, 2);
                return List.of(y, y, rows.get(0), rows.get(1), y.reshape(6), in.getFirst());
              };
          List<Variable> out =
              checkpointed ? Checkpoint.apply(List.of(x), body) : body.apply(List.of(x));
          Variable sum = out.get(0).mul(out.get(1)).sum();
          for (int i = 2; i < out.size(); i++) {
            sum = sum.add(out.get(i).pow(i).sum());
          }
          return sum;
        };
    Variable w = normal(true, 3, 2);
    List<double[]> both = new ArrayList<>();
    for (boolean checkpointed : new boolean[] {false, true}) {
      Gradients gradients = new Gradients();
      Tape tape = new Tape();
      tape.backward(tape.record(() -> f.apply(w.scale(1), checkpointed)), gradients);
      both.add(gradients.of(w).toDoubles());
    }
    assertArrayEquals(both.get(0), both.get(1), 1e-6);
  }

  @Test
  void constantsAndInputsPassThrough() {
    Variable constant = normal(false, 3);
    Variable x = normal(true, 3);
    Tape tape = new Tape();
    List<Variable> out =
        tape.record(
            () ->
                Checkpoint.apply(
                    List.of(constant, x), in -> List.of(in.get(0).scale(2), in.get(1))));
    assertSame(x, out.get(1));
    assertTrue(!out.get(0).requiresGrad());
    assertEquals(0, tape.size(), "there is nothing to differentiate");
  }

  @Tag("slow")
  @Test
  void needsLessMemory() {
    Variable x = Variable.parameter(Tensor.full(device, DType.F32, Shape.of(50_000), 0.3));
    long plain = peak(x, false);
    long checkpointed = peak(x, true);
    assertTrue(checkpointed < plain / 2, checkpointed + " of " + plain + " bytes");
  }

  private long peak(Variable x, boolean checkpointed) {
    try (ReferenceDevice fresh = new ReferenceDevice();
        Gradients gradients = new Gradients()) {
      Variable w = Variable.parameter(Tensor.of(fresh, x.value().toFloats(), x.dim(0)));
      Tape tape = new Tape();
      Variable loss =
          tape.record(
              () -> {
                Variable y = w;
                for (int i = 0; i < 6; i++) {
                  y = checkpointed ? Checkpoint.apply(y, CheckpointTest::deep) : deep(y);
                }
                return y.sum();
              });
      tape.backward(loss, gradients);
      return fresh.memory().peakBytes();
    }
  }

  private static Variable deep(Variable x) {
    for (int i = 0; i < 6; i++) {
      x = x.silu();
    }
    return x;
  }
}
