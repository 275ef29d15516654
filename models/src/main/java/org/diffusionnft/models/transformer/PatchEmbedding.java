package org.diffusionnft.models.transformer;

import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.Patches;
import org.diffusionnft.models.adapter.Adapter;
import org.jspecify.annotations.Nullable;

/**
 * From latents to tokens and back: squares of {@code patch} by {@code patch} latents. Rows and
 * columns beyond a multiple of the patch are dropped, as a strided convolution does.
 *
 * @param projection the convolution {@code [C, in, p, p]}
 * @param positions the position embedding of the tokens
 * @param patch side of a square
 */
record PatchEmbedding(AdaptedLinear projection, PositionEmbedding positions, int patch) {

  /** {@code [B, in, H, W]} to {@code [B, N, C]}, row by row. */
  Variable apply(Variable latents, @Nullable Adapter adapter) {
    int height = (int) latents.dim(2) / patch;
    int width = (int) latents.dim(3) / patch;
    Variable whole = latents;
    if (whole.dim(2) != (long) height * patch) {
      whole = whole.slice(2, 0, (long) height * patch);
    }
    if (whole.dim(3) != (long) width * patch) {
      whole = whole.slice(3, 0, (long) width * patch);
    }
    Variable squares = Patches.cut(whole, patch);
    return projection.apply(squares, adapter).add(Variable.constant(positions.crop(height, width)));
  }

  /**
   * {@code [B, N, p * p * out]} to {@code [B, out, height * p, width * p]}.
   *
   * @param height rows of tokens
   * @param width columns of tokens
   */
  Variable unpatchify(Variable tokens, int height, int width) {
    long batch = tokens.dim(0);
    long channels = tokens.dim(2) / ((long) patch * patch);
    return tokens
        .reshape(batch, height, width, patch, patch, channels)
        .permute(0, 5, 1, 3, 2, 4)
        .reshape(batch, channels, (long) height * patch, (long) width * patch);
  }
}
