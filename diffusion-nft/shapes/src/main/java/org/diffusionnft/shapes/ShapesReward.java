package org.diffusionnft.shapes;

import java.util.List;
import java.util.function.ToDoubleFunction;
import org.diffusionnft.images.Images;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.rewards.Reward;
import org.diffusionnft.rewards.RewardProvider;

/** The verdicts of {@link Judge} as rewards. */
public final class ShapesReward implements Reward {
  private final ToDoubleFunction<Judge.Verdict> part;

  private ShapesReward(ToDoubleFunction<Judge.Verdict> part) {
    this.part = part;
  }

  /** {@code shapes_strict}: 1 if a picture shows exactly what was asked for, else 0. */
  public static final class Strict implements RewardProvider {
    /** Its name in configurations and reports. */
    public static final String NAME = "shapes_strict";

    @Override
    public String name() {
      return NAME;
    }

    @Override
    public String description() {
      return "1 if a ShapesWorld picture shows exactly what was asked for, else 0";
    }

    @Override
    public Reward open() {
      return new ShapesReward(verdict -> verdict.strict() ? 1 : 0);
    }
  }

  /** {@code shapes_graded}: partial credit for count, shapes, colours and relation. */
  public static final class Graded implements RewardProvider {
    @Override
    public String name() {
      return "shapes_graded";
    }

    @Override
    public String description() {
      return "parts of a point for count, shapes, colours and relation of a ShapesWorld picture";
    }

    @Override
    public Reward open() {
      return new ShapesReward(Judge.Verdict::graded);
    }
  }

  /** {@code shapes_clean}: how little the picture shows besides flat colours in outlines. */
  public static final class Clean implements RewardProvider {
    @Override
    public String name() {
      return "shapes_clean";
    }

    @Override
    public String description() {
      return "1 for a ShapesWorld picture of flat colours, less with noise or texture";
    }

    @Override
    public Reward open() {
      return new ShapesReward(Judge.Verdict::clean);
    }
  }

  @Override
  public void check(Prompt prompt) {
    ShapesPrompt.parse(prompt.text());
  }

  @Override
  public float[] score(Images images, List<Prompt> prompts) {
    float[] scores = new float[images.count()];
    for (int i = 0; i < scores.length; i++) {
      Judge.Verdict verdict =
          Judge.judge(ShapesPrompt.parse(prompts.get(i).text()), images.image(i));
      scores[i] = (float) part.applyAsDouble(verdict);
    }
    return scores;
  }
}
