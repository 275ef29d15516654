package org.diffusionnft.rewards.geneval;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import org.diffusionnft.images.Images;
import org.diffusionnft.rewards.ConfiguredRewardProvider;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.rewards.Reward;
import org.diffusionnft.rewards.RewardOptions;
import org.diffusionnft.rewards.service.ImageService;
import org.diffusionnft.tensor.InvalidInputException;

/**
 * GenEval with your own detector: it is shown images and answers {@code {"objects": [{"label",
 * "score", "box": [left, top, right, bottom], "color"}]}}; {@link GenEvalRules} do the rest.
 */
public final class GenEvalReward implements Reward {
  private final ImageService detector;
  private final ColorNamer colors;
  private final boolean strict;

  private GenEvalReward(ImageService detector, ColorNamer colors, boolean strict) {
    this.detector = detector;
    this.colors = colors;
    this.strict = strict;
  }

  /** {@code geneval}. */
  public static final class Provider implements ConfiguredRewardProvider {
    @Override
    public String name() {
      return "geneval";
    }

    @Override
    public String description() {
      return "GenEval's rules over the boxes and labels of your own detector";
    }

    @Override
    public Reward open(RewardOptions options) {
      boolean strict = options.flag("strict", false);
      ColorNamer colors =
          options.text("colorModel").isPresent()
              ? ClipColors.open(options)
              : ColorNamer.asDetected();
      ImageService detector = null;
      boolean opened = false;
      try {
        detector = ImageService.of(options, "the detector");
        options.refuseOthers();
        Reward reward = new GenEvalReward(detector, colors, strict);
        opened = true;
        return reward;
      } finally {
        if (!opened) {
          colors.close();
          if (detector != null) {
            detector.close();
          }
        }
      }
    }
  }

  @Override
  public void check(Prompt prompt) {
    detector.requireAlive();
    Demand.of(prompt);
  }

  @Override
  public float[] score(Images images, List<Prompt> prompts) {
    List<Demand> demands = prompts.stream().map(Demand::of).toList();
    List<List<DetectedObject>> seen = detector.ask(images, prompts, GenEvalReward::objects);
    float[] scores = new float[prompts.size()];
    for (int i = 0; i < scores.length; i++) {
      GenEvalRules.Verdict verdict =
          GenEvalRules.judge(demands.get(i), seen.get(i), images.pixels(i), colors);
      scores[i] = strict ? (verdict.strict() ? 1 : 0) : (float) verdict.score();
    }
    return scores;
  }

  private static List<DetectedObject> objects(ObjectNode answer) {
    if (!answer.path("objects").isArray()) {
      throw new InvalidInputException("a list is needed under 'objects'");
    }
    List<DetectedObject> objects = new ArrayList<>();
    for (JsonNode json : answer.path("objects")) {
      JsonNode box = json.path("box");
      if (!json.path("label").isTextual() || !json.path("score").isNumber() || box.size() != 4) {
        throw new InvalidInputException("an object needs 'label', 'score' and 'box'");
      }
      double[] corners = new double[4];
      for (int i = 0; i < corners.length; i++) {
        if (!box.path(i).isNumber()) {
          throw new InvalidInputException("a box needs four numbers");
        }
        corners[i] = box.path(i).asDouble();
      }
      objects.add(
          new DetectedObject(
              json.path("label").asText(),
              json.path("score").asDouble(),
              corners,
              json.hasNonNull("color") ? json.path("color").asText() : null));
    }
    return objects;
  }

  @Override
  public void close() {
    detector.close();
    colors.close();
  }
}
