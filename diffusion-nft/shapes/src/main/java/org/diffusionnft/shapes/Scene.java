package org.diffusionnft.shapes;

import java.util.List;

/**
 * What a picture shows.
 *
 * @param shapes the objects, none touching another
 */
public record Scene(List<PlacedShape> shapes) {
  public Scene {
    shapes = List.copyOf(shapes);
  }
}
