package org.diffusionnft.rewards.geneval;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.diffusionnft.images.Pixels;
import org.diffusionnft.models.clip.ClipModel;
import org.diffusionnft.rewards.RewardOptions;
import org.diffusionnft.rewards.clip.ClipModels;
import org.diffusionnft.rewards.clip.ClipScoring;

/**
 * GenEval's way to name colours: CLIP compares the part of the picture in an object's box with
 * three sentences for each of ten colours. GenEval also paints over what is outside of the object's
 * mask; boxes have no masks, so what stands behind an object is seen too.
 */
public final class ClipColors implements ColorNamer {
  private static final List<String> COLORS =
      List.of(
          "red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white");

  private final ClipScoring clip;
  private final Map<String, double[][]> classifiers = new HashMap<>();

  private ClipColors(ClipScoring clip) {
    this.clip = clip;
  }

  /**
   * Opens the model that option {@code colorModel} names.
   *
   * @throws IllegalArgumentException that says which file is missing and where people get it
   */
  public static ClipColors open(RewardOptions options) {
    return new ClipColors(ClipModels.CLIP_L.open(options, "colorModel"));
  }

  @Override
  public List<String> colors(Pixels picture, List<DetectedObject> objects, String label) {
    double[][] classifier = classifiers.computeIfAbsent(label, this::classifier);
    double[][] parts =
        clip.pictures(
            objects.size(),
            i -> clip.preprocessing().ofPixels(crop(picture, objects.get(i).box())));
    List<String> names = new ArrayList<>();
    for (double[] part : parts) {
      int best = 0;
      for (int c = 1; c < classifier.length; c++) {
        if (ClipModel.cosine(part, classifier[c]) > ClipModel.cosine(part, classifier[best])) {
          best = c;
        }
      }
      names.add(COLORS.get(best));
    }
    return names;
  }

  /** A row per color: the mean of the sentences' embeddings, of length 1. */
  private double[][] classifier(String label) {
    double[][] rows = new double[COLORS.size()][];
    for (int c = 0; c < rows.length; c++) {
      String color = COLORS.get(c);
      double[][] sentences =
          clip.texts(
              List.of(
                  "a photo of a " + color + " " + label,
                  "a photo of a " + color + "-colored " + label,
                  "a photo of a " + color + " object"));
      double[] sum = new double[sentences[0].length];
      double squares = 0;
      for (int j = 0; j < sum.length; j++) {
        for (double[] sentence : sentences) {
          sum[j] += sentence[j];
        }
        squares += sum[j] * sum[j];
      }
      double length = Math.sqrt(squares);
      for (int j = 0; j < sum.length; j++) {
        sum[j] /= length;
      }
      rows[c] = sum;
    }
    return rows;
  }

  private static Pixels crop(Pixels picture, double[] box) {
    int left = Math.clamp(Math.round(box[0]), 0, picture.width() - 1);
    int top = Math.clamp(Math.round(box[1]), 0, picture.height() - 1);
    int right = Math.clamp(Math.round(box[2]), left + 1, picture.width());
    int bottom = Math.clamp(Math.round(box[3]), top + 1, picture.height());
    return picture.crop(left, top, right - left, bottom - top);
  }

  @Override
  public void close() {
    clip.close();
  }
}
