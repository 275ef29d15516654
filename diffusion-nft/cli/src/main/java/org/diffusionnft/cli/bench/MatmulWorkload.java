package org.diffusionnft.cli.bench;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.diffusionnft.autograd.Autocast;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Matrices;
import org.diffusionnft.tensor.MatrixKernels.Product;
import org.diffusionnft.tensor.Precision;
import org.diffusionnft.tensor.Tensor;

/** The product of a linear layer, {@code x Wᵀ} with x {@code [M, K]} and W {@code [N, K]}. */
public final class MatmulWorkload implements Workload {
  private static final Pattern SIZES = Pattern.compile("(\\d{1,6})x(\\d{1,6})x(\\d{1,6})");

  /** Tens of milliseconds of work, so that the first timings warm up small products too. */
  private static final double OPERATIONS_PER_TIMING = 5e9;

  private final Size size;
  private final Tensor x;
  private final Tensor weight;

  /**
   * Sizes of a product.
   *
   * @param m rows of x
   * @param n rows of W
   * @param k columns of both
   */
  public record Size(long m, long n, long k) {

    /**
     * Reads {@code 1024x6144x1536}, which is M, N, K.
     *
     * @throws InvalidInputException if it is anything else
     */
    public static Size parse(String text) {
      Matcher matcher = SIZES.matcher(text.strip());
      if (!matcher.matches()) {
        throw new InvalidInputException(
            "--shapes wants MxNxK such as 1024x6144x1536, several separated by commas, not '"
                + text
                + "'");
      }
      Size size =
          new Size(
              Long.parseLong(matcher.group(1)),
              Long.parseLong(matcher.group(2)),
              Long.parseLong(matcher.group(3)));
      if (size.m < 1 || size.n < 1 || size.k < 1) {
        throw new InvalidInputException(
            "--shapes wants sizes of at least 1, but one of " + size + " is 0");
      }
      return size;
    }

    @Override
    public String toString() {
      return m + "x" + n + "x" + k;
    }
  }

  /** Creates operands on a device: W in the given dtype, x in that of the precision. */
  public MatmulWorkload(Device device, Size size, DType dtype) {
    this.size = size;
    RandomTensors random = new RandomTensors(device);
    DType rows = Autocast.precision() == Precision.BF16 ? DType.BF16 : DType.F32;
    this.x = random.uniform(rows, 1, size.m, size.k);
    this.weight = random.uniform(dtype, 1, size.n, size.k);
  }

  @Override
  public String name() {
    return size.toString();
  }

  /** {@code 2 M N K}. */
  @Override
  public double flops() {
    return 2.0 * size.m * size.n * size.k;
  }

  @Override
  public void run() {
    try (var _ = x.device().memory().scope()) {
      Completion.await(Matrices.linear(x, weight, null, Product.NT.in(Autocast.precision())));
    }
  }

  @Override
  public int runsPerTiming() {
    return (int) Math.max(1, Math.min(5000, OPERATIONS_PER_TIMING / flops()));
  }

  @Override
  public long checksum() {
    try (var _ = x.device().memory().scope()) {
      return Completion.checksum(
          List.of(Matrices.linear(x, weight, null, Product.NT.in(Autocast.precision()))));
    }
  }

  @Override
  public void close() {
    x.release();
    weight.release();
  }
}
