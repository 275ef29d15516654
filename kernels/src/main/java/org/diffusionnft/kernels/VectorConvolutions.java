package org.diffusionnft.kernels;

import static org.diffusionnft.kernels.Operands.address;

import java.util.List;
import org.diffusionnft.tensor.ConvolutionKernels;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Fallback;
import org.diffusionnft.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Convolutions. Depthwise ones are sums over shifted rows, see {@link Depthwise}; others are matrix
 * products, see {@link WindowProduct}.
 */
final class VectorConvolutions implements ConvolutionKernels {
  private final Workers workers;
  private final Formats formats;
  private final Fallback fallback;

  VectorConvolutions(Workers workers, Formats formats, Fallback fallback) {
    this.workers = workers;
    this.formats = formats;
    this.fallback = fallback;
  }

  @Override
  public void convolve(
      Tensor x, Tensor weight, @Nullable Tensor bias, Sweep sweep, List<Step> then, Tensor out) {
    if (!Operands.allFloat(x, out) || !Operands.allWidenable(weight, bias)) {
      fallback
          .reference("convolve", x, weight, bias, out)
          .convolutions()
          .convolve(x, weight, bias, sweep, then, out);
      return;
    }
    Ending ending =
        new Ending(bias == null ? DType.F32 : bias.dtype(), bias == null ? 0 : address(bias), then);
    if (weight.dim(1) == 1) {
      new Depthwise(workers, x, weight, sweep, ending, out).run();
    } else {
      new WindowProduct(workers, formats.floats(), x, weight, sweep, ending, out).run();
    }
  }

  /**
   * The epilogue applied to a filter's results while they are in the L1 cache.
   *
   * @param bias address of one value per filter, or 0
   */
  record Ending(DType type, long bias, List<Step> then) {

    /** Applies the epilogue to contiguous results of a filter. */
    void apply(int filter, long at, int count, Scratch scratch) {
      if (bias != 0) {
        RowLoops.shift(Lanes.get(type, bias + (long) type.bytes() * filter), at, count);
      }
      for (Step step : then) {
        UnaryRows.value(step.op(), step.a(), step.b(), at, at, count, scratch);
      }
    }
  }
}
