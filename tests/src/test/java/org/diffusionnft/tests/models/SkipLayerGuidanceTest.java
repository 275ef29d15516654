package org.diffusionnft.tests.models;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.diffusionnft.models.adapter.ForwardPass;
import org.diffusionnft.models.sampling.Guidance;
import org.diffusionnft.models.sampling.MmditVelocity;
import org.diffusionnft.models.sampling.SkipLayerGuidance;
import org.diffusionnft.models.sampling.TextToImage;
import org.diffusionnft.models.solver.FlowMatchSchedule;
import org.diffusionnft.models.solver.FlowSolver;
import org.diffusionnft.models.solver.Noise;
import org.diffusionnft.models.transformer.Conditioning;
import org.diffusionnft.models.transformer.Mmdit;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.ReferenceDevice;
import org.diffusionnft.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** Skip-layer guidance against its formula. */
class SkipLayerGuidanceTest {
  private static final Noise NONE =
      (_, _, _) -> {
        throw new AssertionError("no noise is drawn");
      };

  @Test
  void actsStrictlyBetweenItsShares() {
    SkipLayerGuidance medium = SkipLayerGuidance.SD35_MEDIUM;
    List<Integer> steps = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      if (medium.actsAt(i, 40)) {
        steps.add(i);
      }
    }
    // diffusers: i > 40 * 0.01 and i < 40 * 0.2
    assertEquals(List.of(1, 2, 3, 4, 5, 6, 7), steps);
    assertTrue(!SkipLayerGuidance.NONE.actsAt(1, 10));
  }

  @Test
  void leavesBlocksOut() {
    try (Device device = new ReferenceDevice();
        Mmdit model = TinyMmdit.model(TinyMmdit.config(0, 1), device, _ -> false)) {
      var latents = TinyMmdit.latents(device, 4, 6);
      Conditioning prompt = TinyMmdit.prompt(device);
      List<String> seen = new ArrayList<>();
      ForwardPass pass = ForwardPass.BASE.skipping(Set.of(1)).observer((name, _) -> seen.add(name));
      double[] skipped =
          model.forward(latents, TinyMmdit.TIMESTEPS, prompt, pass).value().toDoubles();
      double[] whole =
          model.forward(latents, TinyMmdit.TIMESTEPS, prompt, ForwardPass.BASE).value().toDoubles();
      assertTrue(seen.contains("block.0.hidden_states"), seen.toString());
      assertTrue(seen.stream().noneMatch(n -> n.startsWith("block.1.")), seen.toString());
      assertTrue(seen.contains("block.2.hidden_states"), seen.toString());
      assertTrue(Math.abs(whole[0] - skipped[0]) > 1e-6, "the block has no effect");
    }
  }

  /** One step of Euler's method: {@code u + g (c - u) + s (c - k)} times the step. */
  @Test
  void addsUp() {
    double guidance = 3;
    try (Device device = new ReferenceDevice();
        Mmdit model = TinyMmdit.model(TinyMmdit.config(0), device, _ -> false)) {
      Tensor start = TinyMmdit.latents(device, 4, 4).value();
      Conditioning prompt = TinyMmdit.prompt(device);
      Conditioning negative =
          Conditioning.of(
              TinyMmdit.random(device, 8, TinyMmdit.BATCH, 4, 10),
              TinyMmdit.random(device, 9, TinyMmdit.BATCH, 7));
      FlowMatchSchedule schedule = FlowMatchSchedule.Config.SD3.steps(2);
      SkipLayerGuidance skipping = new SkipLayerGuidance(Set.of(1), 1.5, 0, 1);
      TextToImage pipeline =
          new TextToImage(
              model,
              ForwardPass.BASE,
              schedule,
              new FlowSolver(0),
              new Guidance(guidance),
              skipping);
      List<Integer> counted = new ArrayList<>();
      // The first step is outside: guidance begins after the share.
      double[] actual =
          pipeline
              .latents(start, prompt, negative, NONE, (done, all) -> counted.add(done * 10 + all))
              .toDoubles();
      assertEquals(List.of(15, 25, 35, 45, 55), counted);

      double[] x = start.toDoubles();
      for (int i = 0; i < 2; i++) {
        Tensor at = Tensor.of(device, floats(x), start.shape().dims());
        double[] c = velocity(model, prompt, ForwardPass.BASE, at, schedule.sigma(i));
        double[] u = velocity(model, negative, ForwardPass.BASE, at, schedule.sigma(i));
        double[] k =
            velocity(model, prompt, ForwardPass.BASE.skipping(Set.of(1)), at, schedule.sigma(i));
        double dt = schedule.sigma(i + 1) - schedule.sigma(i);
        for (int j = 0; j < x.length; j++) {
          double skip = i == 0 ? 0 : 1.5 * (c[j] - k[j]);
          x[j] += dt * (u[j] + guidance * (c[j] - u[j]) + skip);
        }
      }
      assertArrayEquals(x, actual, 1e-4);
    }
  }

  @Test
  void wrongLayersAndShares() {
    try (Device device = new ReferenceDevice();
        Mmdit model = TinyMmdit.model(TinyMmdit.config(0), device, _ -> false)) {
      SkipLayerGuidance seven = new SkipLayerGuidance(Set.of(7), 1, 0, 1);
      IllegalArgumentException e =
          assertThrows(
              IllegalArgumentException.class,
              () ->
                  new TextToImage(
                      model,
                      ForwardPass.BASE,
                      FlowMatchSchedule.Config.SD3.steps(2),
                      new FlowSolver(0),
                      Guidance.NONE,
                      seven));
      assertEquals("layer 7 cannot be skipped: the model has the layers 0 to 2", e.getMessage());
    }
    assertThrows(
        IllegalArgumentException.class, () -> new SkipLayerGuidance(Set.of(1), 1, 0.5, 0.2));
  }

  private static double[] velocity(
      Mmdit model, Conditioning prompt, ForwardPass pass, Tensor at, float sigma) {
    return new MmditVelocity(model, prompt, pass, MmditVelocity.Timesteps.EXACT)
        .at(at, 0, sigma)
        .toDoubles();
  }

  private static float[] floats(double[] values) {
    float[] out = new float[values.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = (float) values[i];
    }
    return out;
  }

  /**
   * It stands in the text of pictures, which must not change from one start of Java to the next.
   */
  @Test
  void layersAreInOrder() {
    assertEquals(
        "[1, 7, 8, 9, 100]",
        new SkipLayerGuidance(Set.of(100, 9, 7, 8, 1), 1, 0, 1).layers().toString());
  }
}
