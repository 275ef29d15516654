package org.diffusionnft.tensor;

import java.util.ArrayList;
import java.util.List;
import org.diffusionnft.tensor.LayoutKernels.Window;

/**
 * A band of rows of a convolution's output. Images are unfolded band by band, so that the columns
 * (nine times the image for a 3x3 window) are never all in memory.
 *
 * @param outStart first row of the output
 * @param outRows number of rows of the output
 * @param start first row of the image that it reads
 * @param rows number of rows of the image that it reads
 * @param window the window within the band
 */
public record WindowBand(long outStart, long outRows, long start, long rows, Window window) {
  /** Usual size of a band's columns: 64 MiB. A constant, because the bands affect rounding. */
  public static final long ELEMENTS = 1L << 24;

  private static final Window PIXEL = new Window(1, 1, 1, 0, 0, 0, 0);

  /**
   * The bands that make up an output, from its first row to its last.
   *
   * @param height of the image
   * @param width of the image
   * @param channels number of channels unfolded together
   * @param elements maximum for a band's columns; a band has at least one row of output
   */
  public static List<WindowBand> of(
      Window w, long height, long width, long channels, long elements) {
    long perRow = channels * w.kernelHeight() * w.kernelWidth() * w.outWidth(width);
    long most = Math.max(1, elements / Math.max(1, perRow));
    List<WindowBand> bands = new ArrayList<>();
    for (long row = 0; row < w.outHeight(height); row += most) {
      bands.add(at(row, most, height, w));
    }
    return bands;
  }

  private static WindowBand at(long outStart, long most, long height, Window w) {
    long outRows = Math.min(most, w.outHeight(height) - outStart);
    long from = outStart * w.stride() - w.top();
    long to = from + (outRows - 1) * w.stride() + w.kernelHeight();
    long start = Math.clamp(from, 0, height);
    long end = Math.clamp(to, start, height);
    Window inside =
        new Window(
            w.kernelHeight(),
            w.kernelWidth(),
            w.stride(),
            (int) (start - from),
            w.left(),
            (int) (to - end),
            w.right());
    return new WindowBand(outStart, outRows, start, end - start, inside);
  }

  /**
   * The columns of the band's windows over an image {@code [1, C, H, W]}: {@code [C*KH*KW,
   * rows*OW]}.
   */
  public Tensor columns(Tensor picture) {
    boolean whole = rows == picture.dim(2);
    Tensor part = whole ? picture : Layout.slice(picture, 2, start, start + rows, 1);
    if (window.equals(PIXEL)) {
      return part.reshape(part.dim(1), -1);
    }
    Tensor columns = Layout.im2col(part, window);
    return columns.reshape(columns.dim(1), columns.dim(2));
  }

  /** Writes rows {@code [1, O, rows, W]} into an image, from its row {@code start} on. */
  public static void place(Tensor rows, long start, Tensor picture) {
    long[] starts = {0, 0, start, 0};
    long[] steps = {1, 1, 1, 1};
    picture.device().layout().place(rows, starts, steps, picture);
  }
}
