package org.diffusionnft.models.blip;

import org.diffusionnft.autograd.Functions;
import org.diffusionnft.autograd.Linear;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.Parameters;
import org.diffusionnft.models.Patches;
import org.diffusionnft.models.adapter.ForwardPass.Observer;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.tensor.UnaryOp;

/**
 * BLIP's image encoder (Li et al., arXiv 2201.12086): a vision transformer with norms before
 * attention and feed-forward network, which outputs all tokens.
 */
final class BlipVisionEncoder {
  private final BlipVisionConfig config;
  private final Parameters parameters;

  BlipVisionEncoder(BlipVisionConfig config, Parameters parameters) {
    this.config = config;
    this.parameters = parameters;
  }

  /**
   * Encodes images.
   *
   * @param pixels {@code [B, 3, S, S]}, normalised as for CLIP
   * @param observer receives the output of every block, as {@code vision.block.0} and so on
   * @return {@code [B, T, C]}, owned by the caller
   * @throws IllegalArgumentException if they have another size
   */
  Variable encode(Tensor pixels, Observer observer) {
    Patches.requirePictures(pixels, config.imageSize());
    Device device = pixels.device();
    try (Memory.Scope scope = device.memory().scope()) {
      Variable x = embed(Variable.constant(pixels));
      for (int i = 0; i < config.layers(); i++) {
        Variable in = x;
        String block = BlipLayout.block(i);
        x = Variable.scoped(device, () -> block(in, block));
        observer.see("vision.block." + i, x);
      }
      Variable out = parameters.layerNorm(BlipLayout.VISION_NORM, config.layerNormEps()).apply(x);
      scope.keep(out.value().storage());
      return out;
    }
  }

  /** {@code [B, 3, S, S]} to {@code [B, T, C]}: the class token, then the patches. */
  private Variable embed(Variable pixels) {
    long batch = pixels.dim(0);
    long patch = config.patchSize();
    long width = config.width();
    Variable squares = Patches.cut(pixels, patch);
    Linear patches = parameters.linear(BlipLayout.PATCHES);
    Variable weight = patches.weight().reshape(width, 3 * patch * patch);
    Variable whole = parameters.get(BlipLayout.CLASS).expand(batch, 1, width);
    return Variable.concat(1, whole, squares.linear(weight, patches.bias()))
        .add(parameters.get(BlipLayout.PATCH_POSITIONS));
  }

  private Variable block(Variable x, String name) {
    long width = config.width();
    double scale = 1 / Math.sqrt((double) width / config.heads());
    Variable normed = parameters.layerNorm(name + ".norm1", config.layerNormEps()).apply(x);
    Variable fused = parameters.linear(name + ".attn.qkv").apply(normed);
    Variable attended =
        Functions.attention(
            fused.slice(2, 0, width),
            fused.slice(2, width, 2 * width),
            fused.slice(2, 2 * width, 3 * width),
            null,
            config.heads(),
            scale);
    Variable y = x.add(parameters.linear(name + ".attn.proj").apply(attended));
    Linear inner = parameters.linear(name + ".mlp.fc1");
    Variable hidden =
        parameters
            .layerNorm(name + ".norm2", config.layerNormEps())
            .apply(y)
            .linear(inner.weight(), inner.bias(), UnaryOp.GELU_ERF);
    return y.add(parameters.linear(name + ".mlp.fc2").apply(hidden));
  }
}
