package org.diffusionnft.rewards.clip;

import java.util.List;
import org.diffusionnft.images.Images;
import org.diffusionnft.models.clip.ClipModel;
import org.diffusionnft.rewards.ConfiguredRewardProvider;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.rewards.Reward;
import org.diffusionnft.rewards.RewardOptions;

/**
 * How well a picture matches its prompt according to a CLIP model: the cosine of their embeddings,
 * on the scale of the reference code's scorer of the same name.
 */
public final class ClipReward implements Reward {
  /** The divisor of logits in the reference code's {@code clip_scorer.py}. */
  private static final double CLIP_DIVISOR = 100;

  /**
   * The divisor of logits in the reference code's {@code pickscore_scorer.py}, which gives about 0
   * to 1.
   */
  private static final double PICK_DIVISOR = 26;

  private final ClipScoring clip;
  private final Way way;

  private enum Way {
    CLIP,
    PICK,
    HPS
  }

  private ClipReward(ClipScoring clip, Way way) {
    this.clip = clip;
    this.way = way;
  }

  private static Reward open(ClipModels models, Way way, RewardOptions options) {
    ClipScoring clip = models.open(options);
    options.refuseOthers();
    return new ClipReward(clip, way);
  }

  /** {@code clipscore}. */
  public static final class Clip implements ConfiguredRewardProvider {
    @Override
    public String name() {
      return "clipscore";
    }

    @Override
    public String description() {
      return "CLIPScore: how well picture and prompt fit, by OpenAI's CLIP ViT-L/14";
    }

    @Override
    public Reward open(RewardOptions options) {
      return ClipReward.open(ClipModels.CLIP_L, Way.CLIP, options);
    }
  }

  /** {@code pickscore}. */
  public static final class Pick implements ConfiguredRewardProvider {
    @Override
    public String name() {
      return "pickscore";
    }

    @Override
    public String description() {
      return "PickScore: which of two pictures people would pick, by a CLIP ViT-H/14";
    }

    @Override
    public Reward open(RewardOptions options) {
      return ClipReward.open(ClipModels.PICK_SCORE, Way.PICK, options);
    }
  }

  /** {@code hpsv2}. */
  public static final class Hps implements ConfiguredRewardProvider {
    @Override
    public String name() {
      return "hpsv2";
    }

    @Override
    public String description() {
      return "HPSv2.1: human preference, by a CLIP ViT-H/14";
    }

    @Override
    public Reward open(RewardOptions options) {
      return ClipReward.open(ClipModels.HPS, Way.HPS, options);
    }
  }

  @Override
  public float[] score(Images images, List<Prompt> prompts) {
    double[][] texts = clip.texts(prompts.stream().map(Prompt::text).toList());
    double[][] pictures = clip.pictures(images.count(), i -> square(images, i));
    double factor =
        switch (way) {
          case CLIP -> clip.scale() / CLIP_DIVISOR;
          case PICK -> clip.scale() / PICK_DIVISOR;
          case HPS -> 1;
        };
    float[] scores = new float[images.count()];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = (float) (factor * ClipModel.cosine(texts[i], pictures[i]));
    }
    return scores;
  }

  private float[] square(Images images, int i) {
    return switch (way) {
      case CLIP -> clip.preprocessing().bilinear(images.planes(i));
      case PICK -> clip.preprocessing().ofPixels(images.pixels(i));
      case HPS -> clip.preprocessing().padded(images.planes(i));
    };
  }

  @Override
  public void close() {
    clip.close();
  }
}
