package org.diffusionnft.models.mask2former;

import org.diffusionnft.autograd.Variable;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Tensor;

/** Position embeddings of a map: sines and cosines of row and column, each scaled to 2 pi. */
final class SinePositions {
  private static final double LONGEST = 10_000;
  private static final double EPS = 1e-6;

  private SinePositions() {}

  /** {@code [1, height * width, features]}: the row's half, then the column's. */
  static Variable of(Device device, int height, int width, int features) {
    int half = features / 2;
    double[][] rows = waves(height, half);
    double[][] columns = waves(width, half);
    float[] out = new float[height * width * features];
    for (int i = 0; i < height * width; i++) {
      for (int j = 0; j < half; j++) {
        out[i * features + j] = (float) rows[i / width][j];
        out[i * features + half + j] = (float) columns[i % width][j];
      }
    }
    return Variable.constant(Tensor.of(device, out, 1, (long) height * width, features));
  }

  private static double[][] waves(int size, int features) {
    double[][] waves = new double[size][features];
    for (int i = 0; i < size; i++) {
      double angle = (i + 1) / (size + EPS) * 2 * Math.PI;
      for (int j = 0; j < features; j++) {
        double at = angle / Math.pow(LONGEST, 2.0 * Math.floorDiv(j, 2) / features);
        waves[i][j] = j % 2 == 0 ? Math.sin(at) : Math.cos(at);
      }
    }
    return waves;
  }
}
