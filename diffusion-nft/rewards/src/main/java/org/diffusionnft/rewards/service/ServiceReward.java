package org.diffusionnft.rewards.service;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.diffusionnft.images.Images;
import org.diffusionnft.rewards.ConfiguredRewardProvider;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.rewards.Reward;
import org.diffusionnft.rewards.RewardOptions;
import org.diffusionnft.tensor.InvalidInputException;

/** Scores from a user's own program or service. */
public final class ServiceReward implements Reward {
  private final ImageService service;

  private ServiceReward(ImageService service) {
    this.service = service;
  }

  /** {@code command}: a program's scores. */
  public static final class Command implements ConfiguredRewardProvider {
    @Override
    public String name() {
      return "command";
    }

    @Override
    public String description() {
      return "what your own program answers: it gets image paths and prompts as JSON lines";
    }

    @Override
    public Reward open(RewardOptions options) {
      ImageService service = CommandService.start(options);
      options.refuseOthers();
      return new ServiceReward(service);
    }
  }

  /** {@code http}: a service's scores. */
  public static final class Http implements ConfiguredRewardProvider {
    @Override
    public String name() {
      return "http";
    }

    @Override
    public String description() {
      return "what your own service answers: it gets images and prompts as JSON by POST";
    }

    @Override
    public Reward open(RewardOptions options) {
      ImageService service = HttpService.of(options);
      options.refuseOthers();
      return new ServiceReward(service);
    }
  }

  @Override
  public void check(Prompt prompt) {
    service.requireAlive();
  }

  @Override
  public float[] score(Images images, List<Prompt> prompts) {
    List<Double> answers = service.ask(images, prompts, ServiceReward::score);
    float[] scores = new float[answers.size()];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = answers.get(i).floatValue();
    }
    return scores;
  }

  private static double score(ObjectNode answer) {
    JsonNode score = answer.path("score");
    if (!score.isNumber() || !Float.isFinite(score.floatValue())) {
      throw new InvalidInputException("a finite number is needed under 'score'");
    }
    return score.asDouble();
  }

  @Override
  public void close() {
    service.close();
  }
}
