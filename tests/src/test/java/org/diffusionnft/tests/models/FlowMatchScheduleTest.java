package org.diffusionnft.tests.models;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.diffusionnft.models.solver.FlowMatchSchedule;
import org.diffusionnft.models.solver.Spacing;
import org.diffusionnft.tensor.ReferenceDevice;
import org.diffusionnft.tensor.Tensor;
import org.junit.jupiter.api.Test;

class FlowMatchScheduleTest {
  private final FlowMatchSchedule ten = FlowMatchSchedule.Config.SD3.steps(10);

  @Test
  void theTenStepsOfTheOfficialConfiguration() {
    assertArrayEquals(
        new long[] {1000, 960, 913, 857, 790, 707, 602, 464, 278, 8}, ten.truncatedTimesteps());
    assertEquals(0.0089286, ten.sigma(9), 1e-6);
    assertEquals(0, ten.sigma(10));
    assertEquals(10, ten.timesteps().length);
  }

  @Test
  void withoutAShiftTheLevelsAreEvenlySpaced() {
    float[] sigmas = new FlowMatchSchedule.Config(1000, 1).steps(4).sigmas();
    assertArrayEquals(new float[] {1, 0.667f, 0.334f, 0.001f, 0}, sigmas, 1e-6f);
  }

  @Test
  void oneStepGoesFromNoiseToImage() {
    assertArrayEquals(new float[] {1, 0}, FlowMatchSchedule.Config.SD3.steps(1).sigmas());
  }

  /** Computed with NumPy 1.21 and SciPy 1.17 as diffusers 0.40 does it, at a shift of 3. */
  @Test
  void otherSpacingsAreThoseOfDiffusers() {
    assertSpacing(Spacing.KARRAS, 1, 0.28669393f, 0.06258863f, 0.00892857f, 0);
    assertSpacing(Spacing.EXPONENTIAL, 1, 0.20745663f, 0.04303826f, 0.00892857f, 0);
    assertSpacing(Spacing.BETA, 1, 0.72704577f, 0.28188282f, 0.00892857f, 0);
    assertSpacing(
        Spacing.BETA,
        1,
        0.95332867f,
        0.85569888f,
        0.72704577f,
        0.5806036f,
        0.428325f,
        0.28188282f,
        0.15322965f,
        0.05559993f,
        0.00892857f,
        0);
    assertSpacing(
        Spacing.KARRAS,
        1,
        0.67558032f,
        0.44590479f,
        0.28669393f,
        0.17892501f,
        0.10792738f,
        0.06258863f,
        0.03466355f,
        0.01817918f,
        0.00892857f,
        0);
    for (Spacing spacing : Spacing.values()) {
      assertSpacing(spacing, 1, 0);
    }
  }

  private static void assertSpacing(Spacing spacing, float... expected) {
    FlowMatchSchedule.Config config = new FlowMatchSchedule.Config(1000, 3, spacing);
    assertArrayEquals(expected, config.steps(expected.length - 1).sigmas(), 1e-7f);
  }

  @Test
  void noiseIsAddedPerEntry() {
    try (var device = new ReferenceDevice()) {
      Tensor sample = Tensor.of(device, new float[] {1, 2, 3, 4}, 2, 2);
      Tensor noise = Tensor.of(device, new float[] {-1, 0, 1, 2}, 2, 2);
      float[] t = ten.timesteps();
      float[] out = ten.addNoise(sample, new float[] {t[0], t[5]}, noise).toFloats();
      float s = ten.sigma(5);
      assertArrayEquals(new float[] {-1, 0, s + (1 - s) * 3, s * 2 + (1 - s) * 4}, out, 1e-6f);
      assertThrows(
          IllegalArgumentException.class, () -> ten.addNoise(sample, new float[] {1, 2}, noise));
    }
  }

  @Test
  void badNumbersAreTold() {
    assertThrows(IllegalArgumentException.class, () -> FlowMatchSchedule.Config.SD3.steps(0));
    assertThrows(
        IllegalArgumentException.class, () -> new FlowMatchSchedule.Config(1000, Double.NaN));
    assertThrows(IllegalArgumentException.class, () -> new FlowMatchSchedule.Config(1, 3));
    assertThrows(IllegalArgumentException.class, () -> new FlowMatchSchedule.Config(0, 3));
    assertThrows(
        IllegalArgumentException.class, () -> new FlowMatchSchedule.Config(Integer.MAX_VALUE, 3));
    assertThrows(IllegalArgumentException.class, () -> new FlowMatchSchedule.Config(1000, 1e300));
  }
}
