package org.diffusionnft.rewards.geneval;

import java.util.List;
import java.util.Optional;
import org.diffusionnft.images.Images;
import org.diffusionnft.rewards.ConfiguredRewardProvider;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.rewards.Reward;
import org.diffusionnft.rewards.RewardOptions;
import org.diffusionnft.rewards.clip.ClipModels;
import org.diffusionnft.rewards.service.ImageService;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Opening;

/** GenEval: a detector finds objects, CLIP names colors, and {@link GenEvalRules} judge. */
public final class GenEvalReward implements Reward {
  private static final String COLOR_MODEL = "colorModel";

  private final ObjectDetector detector;
  private final ColorNamer colors;
  private final GenEvalSettings settings;
  private final Score score;

  /** How a verdict is scored. */
  private enum Score {
    /** Partial credit: the reference code's reward. */
    PARTS,
    /** 1 if the picture shows exactly what is asked for, else 0. */
    STRICT,
    /** 1 if GenEval's benchmark accepts the picture, else 0. */
    BENCHMARK
  }

  private GenEvalReward(
      ObjectDetector detector, ColorNamer colors, GenEvalSettings settings, Score score) {
    this.detector = detector;
    this.colors = colors;
    this.settings = settings;
    this.score = score;
  }

  /** {@code geneval}. */
  public static final class Provider implements ConfiguredRewardProvider {
    @Override
    public String name() {
      return "geneval";
    }

    @Override
    public String description() {
      return "GenEval's rules over what Mask2Former or your own detector sees";
    }

    @Override
    public Reward open(RewardOptions options) {
      Score score = score(options);
      GenEvalSettings settings = GenEvalSettings.of(options);
      try (Opening opening = new Opening()) {
        boolean service = isService(options);
        ObjectDetector detector =
            opening.add(
                service
                    ? new ServiceDetector(ImageService.of(options, "the detector"))
                    : Mask2FormerDetector.open(options));
        ColorNamer colors = opening.add(colors(options, service));
        options.refuseOthers();
        return opening.done(new GenEvalReward(detector, colors, settings, score));
      }
    }

    private static Score score(RewardOptions options) {
      boolean strict = options.flag("strict", false);
      boolean benchmark = options.flag("benchmark", false);
      if (strict && benchmark) {
        throw new InvalidInputException(
            "rewards.%s cannot be both strict and benchmark: leave out one"
                .formatted(options.reward()));
      }
      return strict ? Score.STRICT : benchmark ? Score.BENCHMARK : Score.PARTS;
    }

    private static boolean isService(RewardOptions options) {
      boolean service = options.text("command").isPresent() || options.text("url").isPresent();
      if (service && options.text("detector").isPresent()) {
        throw new InvalidInputException(
            ("reward '%s' has a 'detector', a Mask2Former's files, and a program of its own as"
                    + " well: leave out one of them under rewards.%s")
                .formatted(options.reward(), options.reward()));
      }
      return service;
    }

    /** The color namer: CLIP, or without its files a program or none. */
    private static ColorNamer colors(RewardOptions options, boolean service) {
      Optional<String> given = options.text(COLOR_MODEL);
      if (given.isPresent() || (!service && ClipModels.CLIP_L.isThere())) {
        return ClipColors.open(options);
      }
      return service ? ColorNamer.asDetected() : ColorNamer.none(options.reward());
    }
  }

  @Override
  public void check(Prompt prompt) {
    Demand demand = Demand.of(prompt);
    detector.check(demand);
    colors.check(demand);
  }

  @Override
  public float[] score(Images images, List<Prompt> prompts) {
    List<Demand> demands = prompts.stream().map(Demand::of).toList();
    List<List<DetectedObject>> seen = detector.detect(images, prompts);
    float[] scores = new float[prompts.size()];
    for (int i = 0; i < scores.length; i++) {
      GenEvalRules rules =
          new GenEvalRules(demands.get(i), seen.get(i), images.pixels(i), colors, settings);
      GenEvalRules.Verdict verdict = score == Score.BENCHMARK ? rules.benchmark() : rules.strict();
      scores[i] = (float) (score == Score.PARTS ? verdict.score() : verdict.correct() ? 1 : 0);
    }
    return scores;
  }

  @Override
  public void close() {
    detector.close();
    colors.close();
  }
}
