package org.diffusionnft.models.mask2former;

import org.diffusionnft.autograd.Variable;

/** Height and width of a map of tokens. */
record MapSize(int height, int width) {
  /** The size of {@code [1, C, h, w]}. */
  static MapSize of(Variable map) {
    return new MapSize(map.shape().intDim(2), map.shape().intDim(3));
  }

  int tokens() {
    return height * width;
  }
}
