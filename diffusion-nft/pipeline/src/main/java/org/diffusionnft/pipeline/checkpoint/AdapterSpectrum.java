package org.diffusionnft.pipeline.checkpoint;

import java.util.Arrays;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.peft.LoraFactors;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.QRDecomposition;
import org.ejml.interfaces.decomposition.SingularValueDecomposition_F64;

/**
 * The singular values of an adapter's update to a weight. {@code B A} is never formed: with {@code
 * B = Q1 R1} and {@code Aᵀ = Q2 R2} its singular values are those of the small {@code R1 R2ᵀ}.
 */
public final class AdapterSpectrum {
  private AdapterSpectrum() {}

  /**
   * Singular values of {@code scale B A}, the largest first, up to the rank.
   *
   * @throws IllegalStateException if the factors contain NaN or infinity
   */
  public static double[] of(LoraFactors factors, double scale) {
    DMatrixRMaj b = matrix(factors.b());
    DMatrixRMaj a = CommonOps_DDRM.transpose(matrix(factors.a()), null);
    DMatrixRMaj product = new DMatrixRMaj(1, 1);
    CommonOps_DDRM.multTransB(triangle(b), triangle(a), product);
    CommonOps_DDRM.scale(scale, product);
    SingularValueDecomposition_F64<DMatrixRMaj> svd =
        DecompositionFactory_DDRM.svd(product.numRows, product.numCols, false, false, true);
    if (!svd.decompose(product)) {
      throw new IllegalStateException("the singular values of an adapter's layer do not converge");
    }
    double[] values = Arrays.copyOf(svd.getSingularValues(), svd.numberOfSingularValues());
    Arrays.sort(values);
    double[] falling = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      falling[i] = Math.abs(values[values.length - 1 - i]);
    }
    return falling;
  }

  /**
   * The effective number of directions: the exponential of the entropy of the normalised values
   * (Roy and Vetterli, "The effective rank", EUSIPCO 2007); 0 where all are 0.
   */
  public static double effectiveRank(double[] values) {
    double sum = Arrays.stream(values).sum();
    double entropy = 0;
    for (double value : values) {
      double share = value / sum;
      entropy -= share > 0 ? share * Math.log(share) : 0;
    }
    return sum > 0 ? Math.exp(entropy) : 0;
  }

  private static DMatrixRMaj triangle(DMatrixRMaj tall) {
    QRDecomposition<DMatrixRMaj> qr = DecompositionFactory_DDRM.qr(tall.numRows, tall.numCols);
    qr.decompose(tall);
    return qr.getR(null, true);
  }

  private static DMatrixRMaj matrix(Tensor tensor) {
    int rows = tensor.shape().intDim(0);
    Tensor matrix = tensor.reshape(rows, -1);
    return new DMatrixRMaj(rows, matrix.shape().intDim(1), true, matrix.toDoubles());
  }
}
