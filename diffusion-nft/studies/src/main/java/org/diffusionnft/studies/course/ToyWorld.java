package org.diffusionnft.studies.course;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Images with two pixels: a mixture of round Gaussians, for which everything that a network must
 * learn has a formula. With {@code x_t = (1 - t) x₀ + t ε} a Gaussian stays a Gaussian, so the
 * velocity {@code E[ε - x₀ | x_t]} of each is linear, and that of the mixture is their mean,
 * weighted by the probability that the point comes from each.
 *
 * @param blobs the Gaussians
 */
record ToyWorld(List<Blob> blobs) {
  /** Gaussians on the circle. */
  static final int BLOBS = 8;

  /** The default number of good ones. */
  static final int GOOD = 3;

  /** The standard deviation of each. */
  static final double SPREAD = 0.16;

  private static final double RADIUS = 2;
  private static final double LIKED = 0.9;

  /**
   * One Gaussian.
   *
   * @param centre its mean
   * @param share its fraction of all images
   * @param r probability that an image of it is called good, in [0, 1]
   */
  record Blob(Vector2 centre, double share, double r) {}

  /**
   * The exact values at a noised point.
   *
   * @param alpha probability that the image it came from is good
   * @param old velocity of the policy
   * @param positive velocity of the policy restricted to good images
   * @param negative velocity of the policy restricted to bad ones
   */
  record At(double alpha, Vector2 old, Vector2 positive, Vector2 negative) {
    /** The paper's Δ: {@code α (v⁺ - v_old) = (1 - α) (v_old - v⁻)}. */
    Vector2 direction() {
      return positive.minus(old).times(alpha);
    }
  }

  ToyWorld {
    blobs = List.copyOf(blobs);
  }

  /** Eight Gaussians on a circle, of which the three on the right are good. */
  static ToyWorld eight() {
    return eight(GOOD);
  }

  /**
   * Eight Gaussians on a circle. An image of a good one is called good with probability 0.9, and
   * one of the others with probability 0.1.
   *
   * @param good number of good ones: those nearest to the right
   */
  static ToyWorld eight(int good) {
    int wanted = 0;
    for (int i = 0; i < BLOBS; i++) {
      int place = i <= BLOBS / 2 ? 2 * i : 2 * (BLOBS - i) + 1; // from the right: 0, 7, 1, 6, ...
      int before = i == 0 ? 0 : place - 1;
      wanted |= before < good ? 1 << i : 0;
    }
    return wanted(wanted);
  }

  /**
   * Eight Gaussians on a circle, with any choice of good ones.
   *
   * @param wanted a bit for each, the lowest for the one on the right, then counter-clockwise
   */
  static ToyWorld wanted(int wanted) {
    List<Blob> blobs = new ArrayList<>();
    for (int i = 0; i < BLOBS; i++) {
      double angle = 2 * Math.PI * i / BLOBS;
      Vector2 centre = new Vector2(RADIUS * Math.cos(angle), RADIUS * Math.sin(angle));
      blobs.add(new Blob(centre, 1.0 / BLOBS, (wanted >> i & 1) == 1 ? LIKED : 1 - LIKED));
    }
    return new ToyWorld(blobs);
  }

  /** The distance of an image from the nearest Gaussian's centre, in standard deviations. */
  double strayed(Vector2 image) {
    return image.minus(blobs.get(nearest(image)).centre).length() / SPREAD;
  }

  /** Draws an image. */
  Vector2 draw(RandomGenerator random) {
    double place = random.nextDouble();
    int k = 0;
    while (k + 1 < blobs.size() && place >= blobs.get(k).share) {
      place -= blobs.get(k++).share;
    }
    Vector2 within = new Vector2(random.nextGaussian(), random.nextGaussian());
    return blobs.get(k).centre.plus(within.times(SPREAD));
  }

  /** The policy conditioned on good, or on bad images. */
  ToyWorld conditioned(boolean good) {
    double all = blobs.stream().mapToDouble(b -> b.share * (good ? b.r : 1 - b.r)).sum();
    return new ToyWorld(
        blobs.stream()
            .map(b -> new Blob(b.centre, b.share * (good ? b.r : 1 - b.r) / all, b.r))
            .toList());
  }

  /** Velocities and probabilities at a point and a noise level in (0, 1]. */
  At at(Vector2 x, double t) {
    double variance = (1 - t) * (1 - t) * SPREAD * SPREAD + t * t;
    double[] weights = new double[blobs.size()];
    double largest = Double.NEGATIVE_INFINITY;
    for (int k = 0; k < weights.length; k++) {
      Blob blob = blobs.get(k);
      double dx = x.x() - (1 - t) * blob.centre.x();
      double dy = x.y() - (1 - t) * blob.centre.y();
      weights[k] = -(dx * dx + dy * dy) / (2 * variance);
      largest = Math.max(largest, weights[k]);
    }
    double sum = 0;
    double good = 0;
    double allX = 0;
    double allY = 0;
    double goodX = 0;
    double goodY = 0;
    // Within one Gaussian E[ε - x₀ | x_t] is d · slope - centre, where d is the offset from its
    // mean.
    double slope = (t - (1 - t) * SPREAD * SPREAD) / variance;
    for (int k = 0; k < weights.length; k++) {
      Blob blob = blobs.get(k);
      double weight = blob.share * Math.exp(weights[k] - largest);
      double vx = (x.x() - (1 - t) * blob.centre.x()) * slope - blob.centre.x();
      double vy = (x.y() - (1 - t) * blob.centre.y()) * slope - blob.centre.y();
      sum += weight;
      good += weight * blob.r;
      allX += weight * vx;
      allY += weight * vy;
      goodX += weight * blob.r * vx;
      goodY += weight * blob.r * vy;
    }
    double bad = sum - good;
    return new At(
        good / sum,
        new Vector2(allX / sum, allY / sum),
        new Vector2(goodX / good, goodY / good),
        new Vector2((allX - goodX) / bad, (allY - goodY) / bad));
  }

  /** The r of an image: that of the nearest Gaussian. */
  double r(Vector2 image) {
    return blobs.get(nearest(image)).r;
  }

  /** The index of the Gaussian with the nearest centre. */
  int nearest(Vector2 image) {
    int nearest = 0;
    for (int k = 1; k < blobs.size(); k++) {
      double distance = image.minus(blobs.get(k).centre).length();
      if (distance < image.minus(blobs.get(nearest).centre).length()) {
        nearest = k;
      }
    }
    return nearest;
  }
}
