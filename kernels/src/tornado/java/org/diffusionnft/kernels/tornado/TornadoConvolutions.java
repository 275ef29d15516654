package org.diffusionnft.kernels.tornado;

import java.util.List;
import org.diffusionnft.tensor.ConvolutionKernels;
import org.diffusionnft.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** Convolutions that cannot be composed of the device's other kernels, computed on the host. */
record TornadoConvolutions(OnHost onHost) implements ConvolutionKernels {
  @Override
  public void convolve(
      Tensor x, Tensor weight, @Nullable Tensor bias, Sweep sweep, List<Step> then, Tensor out) {
    onHost.run(
        "convolve",
        (r, t) ->
            r.convolutions()
                .convolve(
                    t.in(x),
                    t.in(weight),
                    bias == null ? null : t.in(bias),
                    sweep,
                    then,
                    t.out(out)),
        x,
        weight,
        bias,
        out);
  }
}
