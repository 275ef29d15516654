package org.diffusionnft.shapes;

/** The dimensions of the world. */
public final class ShapesWorld {
  /** Width and height of every picture in pixels. */
  public static final int SIZE = 24;

  /** Colour channels of a picture. */
  public static final int CHANNELS = 3;

  /** Floats of one picture of shape [{@link #CHANNELS}, {@link #SIZE}, {@link #SIZE}]. */
  public static final int PIXELS = CHANNELS * SIZE * SIZE;

  /**
   * Boxes of shapes start at multiples of this many pixels: two patches of the shipped model. Each
   * patch then shows the same quarter of a cell everywhere, which is what makes the world learnable
   * in minutes on a CPU.
   */
  public static final int PITCH = 8;

  private ShapesWorld() {}
}
