package org.diffusionnft.benchmarks;

import org.diffusionnft.models.transformer.BenchmarkedBlock;
import org.diffusionnft.tensor.Attention;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.DeviceOptions;
import org.diffusionnft.tensor.Devices;
import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.Matrices;
import org.diffusionnft.tensor.Norms;
import org.diffusionnft.tensor.Philox;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.tensor.UnaryOp;

/** This project's vector device. */
final class VectorEngine implements Engine {
  private final Device device;
  private long stream;

  VectorEngine(int threads) {
    this.device = Devices.open("vector", new DeviceOptions(threads));
  }

  @Override
  public String name() {
    return OURS;
  }

  @Override
  public Runnable linear(int m, int n, int k) {
    Tensor x = random(m, k);
    Tensor weight = random(n, k);
    return scoped(() -> Matrices.linear(x, weight, null));
  }

  @Override
  public Runnable attention(int tokens, int heads, int headDim) {
    int width = heads * headDim;
    Tensor q = random(1, tokens, width);
    Tensor k = random(1, tokens, width);
    Tensor v = random(1, tokens, width);
    double scale = 1 / Math.sqrt(headDim);
    return scoped(() -> Attention.attention(q, k, v, null, heads, scale));
  }

  @Override
  public Runnable modulatedNorm(int tokens, int width) {
    Tensor x = random(1, tokens, width);
    Tensor scale = random(1, width);
    Tensor shift = random(1, width);
    return scoped(() -> Norms.layerNorm(x, Elementwise.affine(scale, 1, 1), shift, 1e-6));
  }

  @Override
  public Runnable gelu(int tokens, int width) {
    Tensor x = random(tokens, width);
    return scoped(() -> Elementwise.unary(UnaryOp.GELU_TANH, x));
  }

  @Override
  public Runnable block(int imageTokens, int textTokens, boolean train) {
    BenchmarkedBlock block = new BenchmarkedBlock(device, imageTokens, textTokens);
    return scoped(train ? block::train : block::forward);
  }

  private Runnable scoped(Runnable operation) {
    return () -> {
      try (var _ = device.memory().scope()) {
        operation.run();
      }
    };
  }

  private Tensor random(int... dims) {
    long[] shape = new long[dims.length];
    int elements = 1;
    for (int i = 0; i < dims.length; i++) {
      shape[i] = dims[i];
      elements *= dims[i];
    }
    float[] values = new Philox(0, stream++).uniforms(0, elements);
    for (int i = 0; i < elements; i++) {
      values[i] = 2 * values[i] - 1;
    }
    return Tensor.of(device, values, shape);
  }

  @Override
  public void close() {
    device.close();
  }
}
