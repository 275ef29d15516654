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
 * three sentences for each of ten colours. Pixels outside the object's mask are painted over;
 * without masks from the detector, CLIP also sees the background.
 */
public final class ClipColors implements ColorNamer {
  private final ClipScoring clip;
  private final Map<String, double[][]> classifiers = new HashMap<>();

  private ClipColors(ClipScoring clip) {
    this.clip = clip;
  }

  /**
   * Opens the model that option {@code colorModel} names.
   *
   * @throws IllegalArgumentException that says which file is missing and where to get it
   */
  public static ClipColors open(RewardOptions options) {
    return new ClipColors(ClipModels.CLIP_L.open(options, "colorModel"));
  }

  @Override
  public List<String> colors(Pixels picture, List<DetectedObject> objects, String label) {
    List<String> names = new ArrayList<>();
    for (double[] cosines : cosines(picture, objects, label)) {
      int best = 0;
      for (int c = 1; c < cosines.length; c++) {
        best = cosines[c] > cosines[best] ? c : best;
      }
      names.add(COLORS.get(best));
    }
    return names;
  }

  /**
   * The similarity of each object to each color.
   *
   * @param objects all of one label
   * @return a row for each object: cosines with {@link #COLORS}, in their order
   */
  public double[][] cosines(Pixels picture, List<DetectedObject> objects, String label) {
    double[][] classifier = classifiers.computeIfAbsent(label, this::classifier);
    double[][] parts =
        clip.pictures(
            objects.size(),
            i ->
                clip.preprocessing()
                    .centred(ObjectCrop.of(picture, objects.get(i), ObjectCrop.GREY)));
    double[][] cosines = new double[parts.length][classifier.length];
    for (int i = 0; i < parts.length; i++) {
      for (int c = 0; c < classifier.length; c++) {
        cosines[i][c] = ClipModel.cosine(parts[i], classifier[c]);
      }
    }
    return cosines;
  }

  /** The sentences that an object's picture is compared with for a color. */
  public static List<String> sentences(String color, String label) {
    return List.of(
        "a photo of a " + color + " " + label,
        "a photo of a " + color + "-colored " + label,
        "a photo of a " + color + " object");
  }

  /** A row per color: the mean of the sentences' embeddings, normalised to length 1. */
  private double[][] classifier(String label) {
    double[][] rows = new double[COLORS.size()][];
    for (int c = 0; c < rows.length; c++) {
      double[][] sentences = clip.texts(sentences(COLORS.get(c), label));
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

  @Override
  public void close() {
    clip.close();
  }
}
