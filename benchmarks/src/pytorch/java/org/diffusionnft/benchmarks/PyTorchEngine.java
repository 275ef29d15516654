package org.diffusionnft.benchmarks;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/** PyTorch on the CPU, called from Java. */
public final class PyTorchEngine implements Engine {

  /** Found by {@link Engine#open}. */
  public static final class Provider implements EngineProvider {
    @Override
    public String name() {
      return PYTORCH;
    }

    @Override
    public Engine open(int threads) {
      torch.set_num_threads(threads);
      torch.manual_seed(0);
      return new PyTorchEngine();
    }
  }

  @Override
  public String name() {
    return PYTORCH;
  }

  @Override
  public Runnable linear(int m, int n, int k) {
    Tensor x = random(1, m, k);
    Tensor weight = random(1, n, k);
    return inference(() -> torch.linear(x, weight));
  }

  @Override
  public Runnable attention(int tokens, int heads, int headDim) {
    Tensor q = random(1, 1, heads, tokens, headDim);
    Tensor k = random(1, 1, heads, tokens, headDim);
    Tensor v = random(1, 1, heads, tokens, headDim);
    return inference(() -> torch.scaled_dot_product_attention(q, k, v));
  }

  @Override
  public Runnable modulatedNorm(int tokens, int width) {
    Tensor x = random(1, 1, tokens, width);
    Tensor scale = random(1, 1, width);
    Tensor shift = random(1, 1, width);
    return inference(() -> modulated(normed(x, width), scale, shift));
  }

  @Override
  public Runnable gelu(int tokens, int width) {
    Tensor x = random(1, tokens, width);
    return inference(() -> torch.gelu(x, "tanh"));
  }

  @Override
  public Runnable block(int imageTokens, int textTokens, boolean train) {
    PyTorchBlock block = new PyTorchBlock(imageTokens, textTokens);
    return train ? scoped(block::train) : inference(block::forward);
  }

  /** Uniform in [-bound, bound). */
  static Tensor random(double bound, long... dims) {
    return torch.rand(dims).mul_(new Scalar(2 * bound)).sub_(new Scalar(bound));
  }

  /** Layer norm along the last axis, without affine weights. */
  static Tensor normed(Tensor x, long width) {
    return torch.layer_norm(
        x, new long[] {width}, new TensorOptional(), new TensorOptional(), 1e-6, true);
  }

  /** {@code x * (1 + scale) + shift} of {@code [1, T, C]}, as in diffusers. */
  static Tensor modulated(Tensor x, Tensor scale, Tensor shift) {
    return x.mul(scale.unsqueeze(1).add(new Scalar(1))).add(shift.unsqueeze(1));
  }

  private static Runnable inference(Runnable operation) {
    return scoped(
        () -> {
          try (NoGradGuard _ = new NoGradGuard()) {
            operation.run();
          }
        });
  }

  /** Frees the operation's temporaries at its end. */
  private static Runnable scoped(Runnable operation) {
    return () -> {
      try (PointerScope _ = new PointerScope()) {
        operation.run();
      }
    };
  }

  @Override
  public void close() {
    System.gc(); // PyTorch frees the operands' memory with their Java objects
  }
}
