package org.diffusionnft.models.transformer;

import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The conditioning vector of timestep and pooled text: diffusers' {@code
 * CombinedTimestepTextProjEmbeddings}.
 */
record TimestepEmbedding(
    AdaptedLinear time1, AdaptedLinear time2, AdaptedLinear text1, AdaptedLinear text2) {

  static TimestepEmbedding of(MmditWeights weights) {
    String name = "time_text_embed";
    return new TimestepEmbedding(
        weights.linear(name + ".timestep_embedder.linear_1"),
        weights.linear(name + ".timestep_embedder.linear_2"),
        weights.linear(name + ".text_embedder.linear_1"),
        weights.linear(name + ".text_embedder.linear_2"));
  }

  /**
   * The sum of both embeddings.
   *
   * @param sinusoids {@code [B, 256]}
   * @param pooled {@code [B, P]}
   * @return {@code [B, C]}
   */
  Variable apply(Variable sinusoids, Variable pooled, @Nullable Adapter adapter) {
    Variable time = time2.apply(time1.apply(sinusoids, adapter).silu(), adapter);
    Variable text = text2.apply(text1.apply(pooled, adapter).silu(), adapter);
    return time.add(text);
  }

  /**
   * {@code [cos | sin]} of the timestep times decreasing frequencies. Frequencies and products are
   * floats, as in the reference code: at timestep 1000 this changes the angle by 1e-5.
   *
   * @return {@code [B, 256]}
   */
  static Tensor sinusoids(Device device, float[] timesteps) {
    int half = MmditLayout.TIME_CHANNELS / 2;
    float[] out = new float[timesteps.length * 2 * half];
    for (int i = 0; i < half; i++) {
      float frequency = frequency(i, half);
      for (int b = 0; b < timesteps.length; b++) {
        float angle = timesteps[b] * frequency;
        out[b * 2 * half + i] = (float) StrictMath.cos(angle);
        out[b * 2 * half + half + i] = (float) StrictMath.sin(angle);
      }
    }
    return Tensor.of(device, out, timesteps.length, 2L * half);
  }

  /**
   * {@code exp(-ln(10000) i / half)} in floats. PyTorch's exponential on x86 (Intel MKL's) rounds
   * all of them to nearest except i = 12, whose remainder is 0.479 ulp; since it is multiplied by
   * the timestep, up to 1000, that ulp would show in every later tensor.
   */
  private static float frequency(int i, int half) {
    float rounded = (float) StrictMath.exp((float) -Math.log(10000) * i / half);
    return i == 12 && half == 128 ? Math.nextUp(rounded) : rounded;
  }
}
