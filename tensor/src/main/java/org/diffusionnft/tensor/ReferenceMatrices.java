package org.diffusionnft.tensor;

import static org.diffusionnft.tensor.ReferenceDevice.load;
import static org.diffusionnft.tensor.ReferenceDevice.store;

import org.jspecify.annotations.Nullable;

/** Matrix products as three nested loops. */
final class ReferenceMatrices implements MatrixKernels {

  @Override
  public void matmul(Tensor a, Tensor b, @Nullable Tensor bias, Product product, Tensor out) {
    double[] p = load(a);
    double[] q = load(b);
    double[] r = load(out);
    double[] s = bias == null ? new double[out.shape().intDim(-1)] : load(bias);
    int m = out.shape().intDim(-2);
    int n = out.shape().intDim(-1);
    int k = a.shape().intDim(product.transposeA() ? -2 : -1);
    int rowA = product.transposeA() ? 1 : k;
    int stepA = product.transposeA() ? m : 1;
    int columnB = product.transposeB() ? k : 1;
    int stepB = product.transposeB() ? 1 : n;
    int batches = m * n == 0 ? 0 : r.length / (m * n);
    int batchB = b.shape().rank() == 2 ? 0 : k * n;
    for (int batch = 0; batch < batches; batch++) {
      for (int i = 0; i < m; i++) {
        for (int j = 0; j < n; j++) {
          double sum = 0;
          int atA = batch * m * k + i * rowA;
          int atB = batch * batchB + j * columnB;
          for (int l = 0; l < k; l++, atA += stepA, atB += stepB) {
            sum += p[atA] * q[atB];
          }
          double value = product.scale() * sum + s[j];
          int at = (batch * m + i) * n + j;
          r[at] = product.accumulate() ? r[at] + value : value;
          if (product.activation() != null) {
            // Of the value the product alone would store: fused or separate kernels give the same
            // bits.
            r[at] =
                product.activation().value(out.dtype() == DType.F32 ? (float) r[at] : r[at], 0, 0);
          }
        }
      }
    }
    store(out, r);
  }
}
