package org.diffusionnft.tensor;

import static org.diffusionnft.tensor.ReferenceDevice.load;
import static org.diffusionnft.tensor.ReferenceDevice.store;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Every window of every filter, cell by cell. */
final class ReferenceConvolutions implements ConvolutionKernels {

  @Override
  public void convolve(
      Tensor x, Tensor weight, @Nullable Tensor bias, Sweep s, List<Step> then, Tensor out) {
    double[] v = load(x);
    double[] w = load(weight);
    double[] b = bias == null ? new double[weight.shape().intDim(0)] : load(bias);
    double[] r = new double[Math.toIntExact(out.elements())];
    int filters = b.length;
    int perGroup = weight.shape().intDim(1);
    int height = x.shape().intDim(2);
    int width = x.shape().intDim(3);
    int area = s.outHeight() * s.outWidth();
    for (int i = 0; i < r.length; i++) {
      int filter = i / area % filters;
      int first = i / area / filters * x.shape().intDim(1);
      int plane = first + filter / (filters / s.groups()) * perGroup;
      int top = i / s.outWidth() % s.outHeight() * s.strideY() - s.top();
      int left = i % s.outWidth() * s.strideX() - s.left();
      double sum = b[filter];
      for (int cell = 0; cell < perGroup * s.cells(); cell++) {
        int py = top + cell / s.kernelWidth() % s.kernelHeight() * s.dilationY();
        int px = left + cell % s.kernelWidth() * s.dilationX();
        if (py >= 0 && py < height && px >= 0 && px < width) {
          int at = ((plane + cell / s.cells()) * height + py) * width + px;
          sum += w[filter * perGroup * s.cells() + cell] * v[at];
        }
      }
      for (Step step : then) {
        sum = step.op().value(sum, step.a(), step.b());
      }
      r[i] = sum;
    }
    store(out, r);
  }
}
