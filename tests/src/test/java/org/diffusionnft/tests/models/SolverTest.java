package org.diffusionnft.tests.models;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Objects;
import org.diffusionnft.models.sampling.Guidance;
import org.diffusionnft.models.sampling.Sampler;
import org.diffusionnft.models.sampling.Velocity;
import org.diffusionnft.models.solver.CpsSolver;
import org.diffusionnft.models.solver.FlowMatchSchedule;
import org.diffusionnft.models.solver.FlowSolver;
import org.diffusionnft.models.solver.GaussianStep;
import org.diffusionnft.models.solver.Noise;
import org.diffusionnft.models.solver.Solver;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.ReferenceDevice;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SolverTest {
  private static final float[] SIGMAS = FlowMatchSchedule.Config.SD3.steps(10).sigmas();
  private static final Shape SHAPE = Shape.of(2, 3, 2, 2);

  private final Device device = new ReferenceDevice();
  private final Tensor image = TinyMmdit.random(device, 8, SHAPE.dims());
  private final Noise noise = Noise.philox(11, 0, 1);
  private final Tensor start = noise.draw(device, Noise.INITIAL, SHAPE);

  @AfterEach
  void close() {
    device.close();
  }

  /** The velocity of straight lines to one image: {@code (x - image) / σ}. */
  private Velocity towards(Tensor target) {
    return (x, _, sigma) -> Elementwise.scale(Elementwise.sub(x, target), 1 / sigma);
  }

  @ParameterizedTest
  @CsvSource({
    "flow, true, 0.7",
    "flow, false, 0.7",
    "flow_cps, false, 0.7",
    "flow_cps, true, 0",
    "dance, false, 0.3",
    "ddim, true, 0",
    "ddim, false, 1",
    "dpm1, true, 0",
    "dpm2, true, 0"
  })
  void everySolverReachesTheOnlyImage(String name, boolean deterministic, double eta) {
    Solver solver = Solver.named(name, deterministic, eta);
    assertEquals(deterministic, solver.deterministic());
    Sampler.Trajectory run = Sampler.trajectory(solver, towards(image), start, SIGMAS, noise);
    assertEquals(SIGMAS.length, run.latents().size());
    assertEquals(SIGMAS.length - 1, run.logProbs().size());
    if (!name.equals("dance")) { // whose correction overshoots where σ is small
      double noiseLeft = deterministic || name.equals("ddim") ? 1e-4 : 0.3;
      assertArrayEquals(image.toDoubles(), run.result().toDoubles(), noiseLeft);
    }
    assertArrayEquals(image.toDoubles(), run.images().getLast().toDoubles(), 1e-4);
    assertEquals(deterministic, run.logProbs().getFirst() == null);
  }

  @Test
  void flowWithoutNoiseIsEulersMethod() {
    Velocity curved = (x, _, sigma) -> Elementwise.affine(x, sigma, 0.5);
    Tensor x = start;
    for (int i = 0; i + 1 < SIGMAS.length; i++) {
      Tensor v = curved.at(x, i, SIGMAS[i]);
      x = Elementwise.add(x, Elementwise.scale(v, SIGMAS[i + 1] - SIGMAS[i]));
    }
    Tensor sampled = Sampler.sample(Solver.named("flow", true, 0.7), curved, start, SIGMAS, noise);
    assertArrayEquals(x.toDoubles(), sampled.toDoubles(), 1e-6);
  }

  /**
   * For normal images of standard deviation s the flow only scales, by the root of the variance.
   */
  @Test
  void secondOrderIsCloserThanFirst() {
    double s = 0.5;
    Velocity exact =
        (x, _, sigma) -> Elementwise.scale(x, (sigma - (1 - sigma) * s * s) / variance(sigma, s));
    float[] sigmas = new float[41];
    for (int i = 0; i < sigmas.length; i++) {
      sigmas[i] = (float) (1 / (1 + Math.exp(0.2 * (i - 20)))); // evenly spaced for the solver
    }
    double factor = Math.sqrt(variance(sigmas[40], s) / variance(sigmas[0], s));
    double[] expected = Elementwise.scale(start, factor).toDoubles();
    double[] error = new double[2];
    for (int order = 1; order <= 2; order++) {
      Solver solver = Solver.named("dpm" + order, true, 0);
      double[] x = Sampler.sample(solver, exact, start, sigmas, noise).toDoubles();
      for (int i = 0; i < x.length; i++) {
        error[order - 1] = Math.max(error[order - 1], Math.abs(x[i] - expected[i]));
      }
    }
    assertTrue(error[0] < 0.1, "first order misses by " + error[0]);
    assertTrue(error[1] < 0.3 * error[0], error[0] + " and " + error[1]);
  }

  /**
   * Flow-CPS keeps the coefficients: of an image the next level has {@code 1 - σ'}, of noise {@code
   * σ'} in all, whether kept or drawn anew. Flow-GRPO's step has more noise than that.
   */
  @ParameterizedTest
  @ValueSource(doubles = {0.3, 0.7, 1, 1.8})
  void coefficientsArePreserved(double eta) {
    for (int i = 0; i + 1 < SIGMAS.length; i++) {
      float sigma = SIGMAS[i];
      float next = SIGMAS[i + 1];
      GaussianStep step = new CpsSolver(eta).gaussian(SIGMAS, i);
      assertEquals(1 - next, step.mean(1 - sigma, -1), 2e-6); // image 1, no noise
      double kept = step.mean(sigma, 1); // image 0, noise 1
      assertEquals(next * next, kept * kept + (double) step.std() * step.std(), 2e-6);
      if (i > 1 && next > 0) {
        GaussianStep flow = new FlowSolver(eta).gaussian(SIGMAS, i);
        double left = flow.mean(sigma, 1);
        assertTrue(left * left + (double) flow.std() * flow.std() > next * next, "step " + i);
      }
    }
  }

  private static double variance(double sigma, double s) {
    return (1 - sigma) * (1 - sigma) * s * s + sigma * sigma;
  }

  @Test
  void logProbabilitiesAreThoseOfTheNormalDistribution() {
    Solver solver = Solver.named("flow", false, 0.7);
    Solver.Stepper stepper = solver.start(SIGMAS);
    Tensor v = TinyMmdit.random(device, 9, SHAPE.dims());
    Tensor zero = Tensor.zeros(device, DType.F32, SHAPE);
    Tensor mean = stepper.step(4, start, v, (d, i, shape) -> zero).latents();
    Solver.Step step = stepper.step(4, start, v, noise);
    double std = ((FlowSolver) solver).gaussian(SIGMAS, 4).std();
    double[] m = mean.toDoubles();
    double[] x = step.latents().toDoubles();
    int half = m.length / 2;
    double sum = 0;
    for (int i = 0; i < half; i++) {
      double z = (x[i] - m[i]) / std;
      sum += -z * z / 2 - Math.log(std * Math.sqrt(2 * Math.PI));
    }
    assertEquals(sum / half, Objects.requireNonNull(step.logProb()).toDoubles()[0], 1e-5);
  }

  @Test
  void aStartAtPureNoiseMakesNoNumberInfinite() {
    assertEquals(1, SIGMAS[0]);
    for (String name : new String[] {"flow", "ddim", "dpm1", "dpm2"}) {
      Tensor out =
          Sampler.sample(Solver.named(name, true, 0), towards(image), start, SIGMAS, noise);
      for (double d : out.toDoubles()) {
        assertTrue(Double.isFinite(d), name);
      }
    }
  }

  @Test
  void guidanceGoesThroughTheConditionalVelocity() {
    Tensor other = TinyMmdit.random(device, 12, SHAPE.dims());
    Velocity u = towards(other);
    Velocity c = towards(image);
    Tensor one = guided(u, c, 1);
    assertArrayEquals(c.at(start, 0, 0.5f).toDoubles(), one.toDoubles(), 1e-6);
    double[] three = guided(u, c, 3).toDoubles();
    double expected =
        3 * c.at(start, 0, 0.5f).toDoubles()[0] - 2 * u.at(start, 0, 0.5f).toDoubles()[0];
    assertEquals(expected, three[0], 1e-5);
  }

  private Tensor guided(Velocity unconditional, Velocity conditional, double scale) {
    return new Guidance(scale)
        .apply(unconditional.at(start, 0, 0.5f), conditional.at(start, 0, 0.5f));
  }

  @Test
  void onlyTheResultStaysInMemory() {
    Velocity v = towards(image);
    long before = device.memory().liveBytes();
    try (Memory.Scope scope = device.memory().scope()) {
      Tensor out = Sampler.sample(Solver.named("dpm2", true, 0), v, start, SIGMAS, noise);
      assertEquals(before + out.storage().bytes(), device.memory().liveBytes());
    }
    assertEquals(before, device.memory().liveBytes());
    try (Memory.Scope scope = device.memory().scope()) {
      Sampler.trajectory(Solver.named("dpm2", true, 0), v, start, SIGMAS, noise);
    }
    assertEquals(before, device.memory().liveBytes());
  }

  @Test
  void noiseDependsOnItsStreamAndStepAlone() {
    Tensor both = Noise.philox(11, 4, 9).draw(device, 3, SHAPE);
    Tensor alone = Noise.philox(11, 9).draw(device, 3, SHAPE.with(0, 1));
    assertArrayEquals(both.narrow(1, 1).toDoubles(), alone.toDoubles());
    Tensor next = Noise.philox(11, 9).draw(device, 4, SHAPE.with(0, 1));
    assertTrue(next.toDoubles()[0] != alone.toDoubles()[0]);
    assertThrows(IllegalArgumentException.class, () -> Noise.philox(1, 2).draw(device, 0, SHAPE));
  }

  @ParameterizedTest
  @ValueSource(strings = {"euler", "dpm", "dpm3", ""})
  void unknownSolversAreTold(String name) {
    String message =
        assertThrows(IllegalArgumentException.class, () -> Solver.named(name, true, 0))
            .getMessage();
    assertTrue(message.contains("flow, ddim, dpm1 or dpm2"), message);
    String stochastic =
        assertThrows(IllegalArgumentException.class, () -> Solver.named(name, false, 0.7))
            .getMessage();
    assertTrue(stochastic.contains("dance"), stochastic);
  }

  @Test
  void solversThatCannotDoWhatIsAskedAreTold() {
    assertThrows(IllegalArgumentException.class, () -> Solver.named("dance", true, 0.3));
    assertThrows(IllegalArgumentException.class, () -> Solver.named("dpm2", false, 0.7));
    assertThrows(IllegalArgumentException.class, () -> Solver.named("flow", false, -1));
    assertNull(
        Solver.named("ddim", true, 0.7).start(SIGMAS).step(0, start, image, noise).logProb());
  }
}
