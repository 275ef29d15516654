package org.diffusionnft.pipeline.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.SingularValueDecomposition;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Philox;
import org.diffusionnft.tensor.ReferenceDevice;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.peft.LoraFactors;
import org.junit.jupiter.api.Test;

/** Against another library's decomposition of the product itself. */
class AdapterSpectrumTest {
  @Test
  void singularValuesOfTheProduct() {
    try (Device device = new ReferenceDevice()) {
      Tensor a = Tensor.of(device, new Philox(1, 1).normals(0, 4 * 30), 4, 30);
      Tensor b = Tensor.of(device, new Philox(1, 2).normals(0, 20 * 4), 20, 4);
      double[] values = AdapterSpectrum.of(new LoraFactors(a, b), 0.5);
      double[] product =
          new SingularValueDecomposition(matrix(b).multiply(matrix(a)).scalarMultiply(0.5))
              .getSingularValues();
      assertArrayEquals(Arrays.copyOf(product, 4), values, 1e-9);
    }
  }

  @Test
  void anUntrainedAdapterAddsNothing() {
    try (Device device = new ReferenceDevice()) {
      Tensor a = Tensor.of(device, new Philox(1, 1).normals(0, 4 * 30), 4, 30);
      Tensor b = Tensor.of(device, new float[80], 20, 4);
      double[] values = AdapterSpectrum.of(new LoraFactors(a, b), 2);
      assertArrayEquals(new double[4], values);
      assertEquals(0, AdapterSpectrum.effectiveRank(values));
    }
  }

  @Test
  void effectiveRankCountsDirections() {
    assertEquals(3, AdapterSpectrum.effectiveRank(new double[] {2, 2, 2, 0}), 1e-12);
    assertEquals(1, AdapterSpectrum.effectiveRank(new double[] {5, 0}), 1e-12);
  }

  private static Array2DRowRealMatrix matrix(Tensor tensor) {
    int columns = tensor.shape().intDim(1);
    double[] flat = tensor.toDoubles();
    double[][] rows = new double[tensor.shape().intDim(0)][];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = Arrays.copyOfRange(flat, i * columns, (i + 1) * columns);
    }
    return new Array2DRowRealMatrix(rows);
  }
}
