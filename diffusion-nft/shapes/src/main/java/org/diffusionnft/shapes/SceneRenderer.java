package org.diffusionnft.shapes;

/** Draws scenes. */
public final class SceneRenderer {
  private static final int SIZE = ShapesWorld.SIZE;

  private SceneRenderer() {}

  /** The picture of a scene: shape [3, SIZE, SIZE], row-major, values in [-1, 1]. */
  public static float[] render(Scene scene) {
    float[] image = new float[ShapesWorld.PIXELS];
    for (int c = 0; c < ShapesWorld.CHANNELS; c++) {
      for (int i = 0; i < SIZE * SIZE; i++) {
        image[c * SIZE * SIZE + i] = 2 * Hue.ground(c) - 1;
      }
    }
    for (PlacedShape shape : scene.shapes()) {
      draw(shape, image);
    }
    return image;
  }

  private static void draw(PlacedShape shape, float[] image) {
    for (int c = 0; c < ShapesWorld.CHANNELS; c++) {
      float colour = 2 * shape.hue().channel(c) - 1;
      for (int y = 0; y < ShapeKind.BOX; y++) {
        for (int x = 0; x < ShapeKind.BOX; x++) {
          int at = (c * SIZE + shape.y() + y) * SIZE + shape.x() + x;
          image[at] += shape.kind().coverage(x, y) * (colour - image[at]);
        }
      }
    }
  }
}
