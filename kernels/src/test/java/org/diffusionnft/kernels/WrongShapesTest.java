package org.diffusionnft.kernels;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.diffusionnft.tensor.Attention;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.DeviceOptions;
import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.Matrices;
import org.diffusionnft.tensor.MatrixKernels.Product;
import org.diffusionnft.tensor.Norms;
import org.diffusionnft.tensor.OptimizerKernels.AdamW;
import org.diffusionnft.tensor.Precision;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.tensor.UnaryOp;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/**
 * The vector device reads and writes at plain addresses: operands that do not fit must be refused
 * before they reach it, or the process dies.
 */
class WrongShapesTest {
  private static final AdamW NUMBERS = new AdamW(1e-3, 0.9, 0.999, 1e-8, 0, 1);
  private Device device;

  @BeforeEach
  void open() {
    device = new VectorDevice(new DeviceOptions(1));
  }

  @AfterEach
  void close() {
    device.close();
  }

  @Test
  void products() {
    refused("do not multiply", () -> Matrices.matmul(of(3, 4), of(5, 6)));
    refused("bias of shape", () -> Matrices.linear(of(3, 4), of(5, 4), of(4)));
    refused("into shape", () -> Matrices.addProduct(of(3, 4), of(4, 5), Product.NN, of(3, 4)));
  }

  @Test
  void attention() {
    Tensor q = of(1, 4, 8);
    refused("one shape", () -> Attention.attention(q, q, of(1, 3, 8), null, 2, 1));
    refused("does not fit q", () -> Attention.attention(q, of(1, 4, 6), of(1, 4, 6), null, 2, 1));
    refused("0 heads", () -> Attention.attention(q, q, q, null, 0, 1));
    refused("[1, 1, 4, 3]", () -> Attention.attention(q, q, q, of(1, 1, 4, 3), 2, 1));
    Attention.Attended done = Attention.attention(q, q, q, null, 2, 1);
    refused("one shape", () -> gradient(q, q, 2, done, of(1, 3, 8)));
    refused("one shape", () -> gradient(q, of(1, 3, 8), 2, done, q));
    refused("logSumExp", () -> gradient(q, q, 4, done, q));
    Attention.Attended shorter = new Attention.Attended(of(1, 2, 8), done.logSumExp());
    refused("one shape", () -> gradient(q, q, 2, shorter, q));
  }

  private static void gradient(
      Tensor q, Tensor v, int heads, Attention.Attended forward, Tensor gradOut) {
    Attention.attentionGrad(q, q, v, null, heads, 1, forward, gradOut, Precision.F32);
  }

  @Test
  void norms() {
    Tensor x = of(6, 8);
    refused("does not fit", () -> Norms.layerNorm(x, of(7), null, 1e-6));
    refused("does not fit", () -> Norms.layerNorm(x, null, of(4, 8), 1e-6));
    refused("does not fit", () -> Norms.rmsNorm(x, of(9), 1e-6));
    refused("one shape", () -> Norms.layerNormGrad(x, null, of(6), of(6), of(5, 8), false, null));
    refused("per row", () -> Norms.layerNormGrad(x, null, of(5), of(6), x, false, null));
    refused("per row", () -> Norms.layerNormGrad(x, null, of(6), of(5), x, false, null));
    refused(
        "does not fit", () -> Norms.layerNormGrad(x, null, of(6), of(6), x, false, Shape.of(4, 8)));
    refused("does not fit", () -> Norms.layerNormGrad(x, of(7), of(6), of(6), x, true, null));
    refused("one shape", () -> Norms.rmsNormGrad(x, null, of(6), of(6, 7), false));
    refused("per row", () -> Norms.rmsNormGrad(x, null, of(5), x, false));
    refused("one shape", () -> Norms.softmaxGrad(x, of(6, 9)));
  }

  @Test
  void elementwise() {
    refused("one shape", () -> Elementwise.unaryGrad(UnaryOp.SILU, 0, 0, of(4), of(3)));
    refused("one shape", () -> Elementwise.select(of(4), of(4), of(3)));
    refused("gatedAdd", () -> Elementwise.gatedAdd(of(1, 2, 4), of(1, 3), of(1, 2, 4)));
    refused("", () -> Elementwise.add(of(4), of(3)));
    refused("", () -> Elementwise.addInPlace(of(4), of(5)));
  }

  @Test
  void optimizer() {
    var kernels = device.optimizer();
    refused("as many", () -> kernels.adamW(of(8), of(7), of(8), of(8), NUMBERS, 1));
    refused("as many", () -> kernels.adamW(of(8), of(8), of(8), of(9), NUMBERS, 1));
    refused("as many", () -> kernels.lerp(of(8), of(7), 0.5));
  }

  private Tensor of(long... dims) {
    return Tensor.full(device, DType.F32, Shape.of(dims), 1);
  }

  private static void refused(String part, Executable call) {
    var refusal = assertThrows(IllegalArgumentException.class, call);
    assertTrue(refusal.getMessage().contains(part), refusal.getMessage());
  }
}
