package org.diffusionnft.shapes;

import java.util.List;

/**
 * The content of a picture.
 *
 * @param shapes the objects, which do not touch each other
 */
public record Scene(List<PlacedShape> shapes) {
  public Scene {
    shapes = List.copyOf(shapes);
  }
}
