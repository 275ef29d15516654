package org.diffusionnft.studies.course;

import java.util.List;

/**
 * Statistics of images.
 *
 * @param shares fraction of the images nearest to each Gaussian
 * @param strayed fraction in none: more than three standard deviations from the nearest
 * @param between fraction between two Gaussians, seen from the centre
 * @param elongation ratio of their spread towards the centre to that along the circle
 */
record Census(double[] shares, double strayed, double between, double elongation) {
  private static final double FAR = 3;

  static Census of(ToyWorld world, List<Vector2> images) {
    double[] shares = new double[world.blobs().size()];
    double each = 1.0 / images.size();
    double strayed = 0;
    double between = 0;
    double along = 0;
    double across = 0;
    for (Vector2 image : images) {
      int nearest = world.nearest(image);
      Vector2 centre = world.blobs().get(nearest).centre();
      Vector2 out = centre.times(1 / centre.length());
      Vector2 d = image.minus(centre);
      shares[nearest] += each;
      strayed += strayed(world, image) ? each : 0;
      between += between(image) ? each : 0;
      along += Math.pow(d.x() * out.x() + d.y() * out.y(), 2);
      across += Math.pow(d.y() * out.x() - d.x() * out.y(), 2);
    }
    return new Census(shares, strayed, between, Math.sqrt(along / across));
  }

  /** Whether an image is in no Gaussian. */
  static boolean strayed(ToyWorld world, Vector2 image) {
    return world.strayed(image) > FAR;
  }

  /** The fraction of images whose nearest Gaussian is good. */
  double good(ToyWorld world) {
    double good = 0;
    for (int k = 0; k < shares.length; k++) {
      good += world.blobs().get(k).r() > 0.5 ? shares[k] : 0;
    }
    return good;
  }

  private static boolean between(Vector2 x) {
    double degrees = Math.floorMod(Math.round(Math.toDegrees(Math.atan2(x.y(), x.x()))), 45);
    return Math.min(degrees, 45 - degrees) > 14;
  }
}
