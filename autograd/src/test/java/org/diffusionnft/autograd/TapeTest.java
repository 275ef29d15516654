package org.diffusionnft.autograd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.ReferenceDevice;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class TapeTest {
  private final ReferenceDevice device = new ReferenceDevice();

  @AfterEach
  void close() {
    device.close();
  }

  private Variable parameter(float... values) {
    return Variable.parameter(Tensor.of(device, values, values.length));
  }

  @Test
  void withoutATapeNothingIsRecorded() {
    Variable y = parameter(1, 2).scale(3);
    assertFalse(y.requiresGrad());
    assertFalse(Tape.isRecording());
    assertThrows(
        IllegalStateException.class,
        () -> new Tape().backward(y.sum(), new Gradients()),
        "a value that was not recorded has no gradients");
  }

  @Test
  void frozenInputsPruneTheirOperations() {
    Variable frozen = Variable.constant(Tensor.of(device, new float[] {1, 2}, 2));
    Variable w = parameter(3, 4);
    Tape tape = new Tape();
    tape.record(() -> frozen.silu().scale(2).mul(w).sum());
    assertEquals(2, tape.size(), "only the product and the sum depend on a parameter");
  }

  @Test
  void adaptingAFrozenLayerNeverMakesItsWeightGradient() {
    int width = 256;
    int rank = 2;
    Variable weight = filled(DType.BF16, false, width, width);
    Variable a = filled(DType.F32, true, rank, width);
    Variable b = filled(DType.F32, true, width, rank);
    Variable x = filled(DType.F32, true, 3, width);
    try (Memory.Scope _ = device.memory().scope();
        Gradients gradients = new Gradients()) {
      Tape tape = new Tape();
      Variable loss = tape.record(() -> x.linear(weight, null, a, b, 0.5).sum());
      long before = device.memory().peakBytes();
      tape.backward(loss, gradients);
      long grown = device.memory().peakBytes() - before;
      assertTrue(grown < (long) width * width * 4, grown + " bytes: as many as a weight gradient");
      assertNull(gradients.find(weight));
      assertEquals(3, gradients.leaves().size());
    }
  }

  private Variable filled(DType dtype, boolean trained, long... dims) {
    Tensor t = Tensor.full(device, dtype, Shape.of(dims), 0.5);
    return trained ? Variable.parameter(t) : Variable.constant(t);
  }

  @Test
  void pausedPartsAreConstants() {
    Variable w = parameter(2);
    Gradients gradients = new Gradients();
    Tape tape = new Tape();
    Variable loss = tape.record(() -> w.mul(Tape.paused(() -> w.scale(10))));
    tape.backward(loss, gradients);
    assertEquals(20, gradients.of(w).item());
  }

  @Test
  void seedsWeighTheElementsOfTheRoot() {
    Variable w = parameter(1, 2, 3);
    Gradients gradients = new Gradients();
    Tape tape = new Tape();
    Variable y = tape.record(() -> w.mul(w));
    Tensor seed = Tensor.of(device, new float[] {1, 10, 100}, 3);
    tape.backward(y, seed, gradients);
    assertArrayEquals(new double[] {2, 40, 600}, gradients.of(w).toDoubles());
    assertArrayEquals(new double[] {1, 10, 100}, seed.toDoubles(), "the caller's seed stays");
  }

  @Test
  void aParameterMayBeTheRoot() {
    Variable w = parameter(5);
    Gradients gradients = new Gradients();
    new Tape().backward(w, gradients);
    assertEquals(1, gradients.of(w).item());
  }

  @Test
  void recordingMayGoOnInParts() {
    Variable w = parameter(3);
    Gradients gradients = new Gradients();
    Tape tape = new Tape();
    Variable y = tape.record(() -> w.mul(w));
    Variable z = tape.record(() -> y.mul(w));
    tape.backward(z, gradients);
    assertEquals(27, gradients.of(w).item());
  }

  @Test
  void exceptionsOfTheBodyPass() {
    IOException e =
        assertThrows(
            IOException.class,
            () ->
                new Tape()
                    .record(
                        () -> {
                          throw new IOException("disk");
                        }));
    assertEquals("disk", e.getMessage());
    assertFalse(Tape.isRecording());
  }

  @Test
  void aTapeGoesBackwardOnce() {
    Variable w = parameter(1);
    Tape tape = new Tape();
    Variable y = tape.record(() -> w.scale(2));
    tape.backward(y, new Gradients());
    assertThrows(IllegalStateException.class, () -> tape.backward(y, new Gradients()));
    assertThrows(IllegalStateException.class, () -> tape.record(() -> w.scale(2)));
  }

  @Test
  void aLossHasOneElement() {
    Variable w = parameter(1, 2);
    Tape tape = new Tape();
    Variable y = tape.record(() -> w.scale(2));
    var e = assertThrows(IllegalArgumentException.class, () -> tape.backward(y, new Gradients()));
    assertTrue(e.getMessage().contains("[2]"), e.getMessage());
  }

  @Test
  void valuesGoWithTheBackwardPassUnlessKept() {
    Variable w = parameter(1, 2);
    try (Memory.Scope _ = device.memory().scope()) {
      Tape tape = new Tape();
      Variable a = tape.record(() -> w.scale(2));
      Variable b = tape.record(() -> a.scale(3));
      Variable view = tape.record(() -> b.reshape(2, 1));
      Variable loss = tape.record(() -> view.sum());
      tape.keep(view);
      tape.backward(loss, new Gradients());
      assertArrayEquals(new double[] {6, 12}, view.value().toDoubles());
      assertArrayEquals(new double[] {6, 12}, b.value().toDoubles(), "the view's memory");
      assertEquals(18, loss.item());
      assertThrows(IllegalStateException.class, a::value);
      assertEquals(2, a.dim(0), "the shape stays known");
    }
  }

  @Tag("slow")
  @Test
  void theBackwardPassFreesAsItGoes() {
    long n = 100_000;
    Variable w = Variable.parameter(Tensor.full(device, DType.F32, Shape.of(n), 0.5));
    try (Memory.Scope _ = device.memory().scope();
        Gradients gradients = new Gradients(List.of(w))) {
      Tape tape = new Tape();
      Variable loss =
          tape.record(
              () -> {
                Variable x = w;
                for (int i = 0; i < 20; i++) {
                  x = x.silu();
                }
                return x.sum();
              });
      long forward = device.memory().liveBytes();
      long peak = device.memory().peakBytes();
      tape.backward(loss, gradients);
      assertTrue(
          device.memory().peakBytes() <= peak + 4 * n * Float.BYTES,
          "a gradient for every value was alive at once");
      assertTrue(device.memory().liveBytes() < forward - 15 * n * Float.BYTES);
    }
  }

  @Test
  void stepsLeaveNothingBehind() {
    Variable w = parameter(1, 2, 3);
    try (Gradients gradients = new Gradients(List.of(w))) {
      long before = device.memory().liveBytes();
      long reserved = 0;
      for (int step = 0; step < 5; step++) {
        try (Memory.Scope _ = device.memory().scope()) {
          Tape tape = new Tape();
          Variable loss =
              tape.record(() -> Checkpoint.apply(w.scale(2), x -> x.mul(x).silu()).sum());
          tape.backward(loss, gradients);
        }
        assertEquals(before, device.memory().liveBytes());
        if (step == 0) {
          reserved = device.memory().reservedBytes();
        }
      }
      assertEquals(reserved, device.memory().reservedBytes(), "later steps reuse the pool");
    }
  }

  @Test
  void blocksFreeTheirTemporariesWithoutATape() {
    Variable w = parameter(1, 2, 3);
    long before = device.memory().liveBytes();
    Variable y = Variable.scoped(device, () -> w.scale(2).silu().scale(3));
    assertEquals(before + 64, device.memory().liveBytes(), "the result alone");
    y.value().release();
  }

  @Test
  void blocksKeepWhatTheirDerivativesRead() {
    Variable w = parameter(1, 2, 3);
    Variable frozen = Variable.constant(Tensor.of(device, new float[] {1, 2, 3}, 3));
    try (Memory.Scope _ = device.memory().scope()) {
      Tape tape = new Tape();
      long before = device.memory().liveBytes();
      // Of 6 values the derivatives read silu(frozen) and the input of the last silu.
      Variable y =
          tape.record(
              () ->
                  Variable.scoped(
                      device, () -> w.mul(frozen.scale(2).silu()).add(frozen).silu().scale(2)));
      assertEquals(before + 3 * 64, device.memory().liveBytes());
      Gradients gradients = new Gradients();
      tape.backward(y, Elementwise.copy(w.value()), gradients);
      assertEquals(3, gradients.of(w).elements());
    }
  }

  @Test
  void aValueOfABlockThatIsOverSaysSo() {
    Variable w = parameter(1, 2, 3);
    Tape tape = new Tape();
    Variable[] inside = new Variable[1];
    tape.record(
        () ->
            Variable.scoped(
                device,
                () -> {
                  inside[0] = w.scale(2);
                  return inside[0].add(w);
                }));
    assertThrows(IllegalStateException.class, () -> inside[0].value());
  }
}
