package org.diffusionnft.models.vae;

import java.util.ArrayList;
import java.util.List;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Layout;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;

/**
 * Decodes large latents tile by tile, so that memory grows with the tile and not with the image.
 * Adjacent tiles overlap and are blended there.
 *
 * <p>A tile does not see beyond its edges, but the decoder's group norms and attention depend on
 * the whole image. So tiles differ slightly from an untiled image, mostly in contrast and hue of
 * large areas. The overlap hides seams, not this difference.
 *
 * @param tile side of a tile in latents
 * @param overlap minimum number of latents that adjacent tiles share, at most half a tile
 */
public record TiledDecoding(int tile, int overlap) {
  /**
   * Checks the sizes.
   *
   * @throws InvalidInputException if the overlap leaves a tile no part of its own
   */
  public TiledDecoding {
    if (tile < 1 || overlap < 0 || overlap > tile / 2) {
      throw new InvalidInputException("tiles of " + tile + " latents cannot overlap by " + overlap);
    }
  }

  /** Tiles of {@code side} x {@code side} pixels with an overlap of a quarter, as in diffusers. */
  public static TiledDecoding ofPixels(int side, int downscale) {
    int tile = Math.max(side / downscale, 1);
    return new TiledDecoding(tile, tile / 4);
  }

  /** Whether latents of this shape are larger than a tile. */
  public boolean divides(Shape latents) {
    return latents.dim(2) > tile || latents.dim(3) > tile;
  }

  /**
   * Decodes latents to images, untiled if they fit in one tile.
   *
   * @param latents {@code [B, L, H, W]}, not scaled
   * @return {@code [B, C, d H, d W]}, owned by the caller's scope
   */
  public Tensor decode(Vae vae, Tensor latents) {
    if (!divides(latents.shape())) {
      return vae.decode(Variable.constant(latents)).value();
    }
    int d = vae.config().downscale();
    Memory memory = latents.device().memory();
    long height = latents.dim(2);
    long width = latents.dim(3);
    Shape shape = Shape.of(latents.dim(0), vae.config().inChannels(), d * height, d * width);
    Tensor picture = Tensor.zeros(latents.device(), DType.F32, shape);
    List<Tile> rows = tiles(height, d);
    List<Tile> columns = tiles(width, d);
    for (Tile row : rows) {
      for (Tile column : columns) {
        try (Memory.Scope _ = memory.scope()) {
          Tensor part = part(part(latents, 2, row.start(), tile), 3, column.start(), tile);
          Tensor pixels = vae.decode(Variable.constant(part)).value();
          add(pixels, row, column, d, picture);
        }
      }
    }
    return picture;
  }

  /**
   * A tile's position along one axis.
   *
   * @param start its first latent
   * @param weights of its pixels; where tiles overlap, they sum to 1
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Tile(long start, float[] weights) {}

  /**
   * As few tiles as the overlap allows, spread evenly over an axis; if the axis is shorter than a
   * tile, a single tile of its length.
   */
  List<Tile> tiles(long size, int d) {
    long length = Math.min(tile, size);
    long last = size - length;
    long gaps = Math.ceilDiv(last, tile - overlap);
    long[] starts = new long[Math.toIntExact(gaps + 1)];
    for (int i = 1; i < starts.length; i++) {
      starts[i] = last * i / gaps;
    }
    float[][] weights = new float[starts.length][];
    float[] sums = new float[Math.toIntExact(size * d)];
    for (int i = 0; i < starts.length; i++) {
      long before = i == 0 ? 0 : starts[i - 1] + length - starts[i];
      long after = i + 1 == starts.length ? 0 : starts[i] + length - starts[i + 1];
      weights[i] = ramp(length * d, before * d, after * d);
      for (int j = 0; j < weights[i].length; j++) {
        sums[(int) starts[i] * d + j] += weights[i][j];
      }
    }
    List<Tile> tiles = new ArrayList<>();
    for (int i = 0; i < starts.length; i++) {
      for (int j = 0; j < weights[i].length; j++) {
        weights[i][j] /= sums[(int) starts[i] * d + j];
      }
      tiles.add(new Tile(starts[i], weights[i]));
    }
    return tiles;
  }

  /** Rises over the pixels shared with the previous tile, falls over those shared with the next. */
  private static float[] ramp(long length, long before, long after) {
    float[] ramp = new float[Math.toIntExact(length)];
    for (int i = 0; i < ramp.length; i++) {
      float in = before == 0 ? 1 : (i + 0.5f) / before;
      float out = after == 0 ? 1 : (length - i - 0.5f) / after;
      ramp[i] = Math.min(1, Math.min(in, out));
    }
    return ramp;
  }

  private static Tensor part(Tensor x, int axis, long start, long length) {
    return Layout.slice(x, axis, start, Math.min(start + length, x.dim(axis)), 1);
  }

  private static void add(Tensor pixels, Tile row, Tile column, int d, Tensor picture) {
    float[] down = row.weights();
    float[] across = column.weights();
    Tensor weighted =
        Elementwise.mul(
            Elementwise.mul(pixels, Tensor.of(pixels.device(), down, down.length, 1)),
            Tensor.of(pixels.device(), across, 1, across.length));
    long top = row.start() * d;
    long left = column.start() * d;
    Tensor there = part(part(picture, 2, top, down.length), 3, left, across.length);
    Elementwise.addInPlace(there, weighted);
    long[] starts = {0, 0, top, left};
    long[] steps = {1, 1, 1, 1};
    picture.device().layout().place(there, starts, steps, picture);
  }
}
