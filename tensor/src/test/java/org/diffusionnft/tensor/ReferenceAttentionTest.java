package org.diffusionnft.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class ReferenceAttentionTest {
  /** Each query's weights sum to 1, so the values' gradients sum to that of the output. */
  @Test
  void weightsOfTheGradientSumToOneAtLargeScoresToo() {
    try (Device device = new ReferenceDevice();
        var _ = device.memory().scope()) {
      int tokens = 5;
      float[] numbers = new float[tokens * 4];
      float[] seed = new float[tokens * 4];
      for (int i = 0; i < numbers.length; i++) {
        numbers[i] = 100 + 0.37f * (i * 7 % 11);
        seed[i] = 1 + i % 3;
      }
      Tensor x = Tensor.of(device, numbers, 1, tokens, 4);
      Attention.Attended forward = Attention.attention(x, x, x, null, 1, 1);
      Tensor gradOut = Tensor.of(device, seed, 1, tokens, 4);
      Tensor gradV =
          Attention.attentionGrad(x, x, x, null, 1, 1, forward, gradOut, Precision.F32).v();
      assertEquals(sum(gradOut), sum(gradV), 1e-5);
    }
  }

  private static double sum(Tensor t) {
    double sum = 0;
    for (double x : t.toDoubles()) {
      sum += x;
    }
    return sum;
  }
}
