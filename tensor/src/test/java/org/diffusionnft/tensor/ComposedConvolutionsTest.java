package org.diffusionnft.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.List;
import java.util.random.RandomGenerator;
import org.diffusionnft.tensor.ConvolutionKernels.Step;
import org.diffusionnft.tensor.ConvolutionKernels.Sweep;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a device without convolutions computes is the same, in bands of one row and in one band. */
class ComposedConvolutionsTest {
  @ParameterizedTest
  @ValueSource(longs = {1, 300, 1 << 20})
  void itIsTheReferenceWhateverTheBands(long bandElements) {
    ConvolutionKernels never = (_, _, _, _, _, _) -> fail("this can be unfolded");
    List<Step> relu = List.of(new Step(UnaryOp.RELU, 0, 0));
    try (Device device = new ReferenceDevice();
        Memory.Scope _ = device.memory().scope()) {
      RandomGenerator random = new Philox(5, 0).sequence(0);
      ConvolutionKernels composed = new ComposedConvolutions(device, never, bandElements);
      for (Sweep sweep :
          List.of(
              new Sweep(3, 3, 1, 1, 1, 1, 1, 1, 7, 9, 2),
              new Sweep(3, 2, 2, 2, 1, 1, 0, 1, 3, 5, 1),
              new Sweep(1, 1, 1, 1, 1, 1, 0, 0, 7, 9, 1))) {
        Tensor x = random(device, random, 2, 4, 7, 9);
        long channels = 4 / sweep.groups();
        Tensor weight =
            random(device, random, 6, channels, sweep.kernelHeight(), sweep.kernelWidth());
        Tensor bias = random(device, random, 6);
        Shape shape = Shape.of(2, 6, sweep.outHeight(), sweep.outWidth());
        Tensor out = device.allocate(DType.F32, shape);
        composed.convolve(x, weight, bias, sweep, relu, out);
        Tensor expected = Convolutions.convolve(x, weight, bias, sweep, relu);
        assertArrayEquals(expected.toFloats(), out.toFloats(), 1e-5f, sweep.toString());
      }
    }
  }

  private static Tensor random(Device device, RandomGenerator random, long... dims) {
    float[] values = new float[Math.toIntExact(Shape.of(dims).elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return Tensor.of(device, values, dims);
  }
}
