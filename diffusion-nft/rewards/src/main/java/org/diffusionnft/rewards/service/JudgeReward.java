package org.diffusionnft.rewards.service;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Base64;
import java.util.List;
import org.diffusionnft.images.Filter;
import org.diffusionnft.images.Images;
import org.diffusionnft.images.Pixels;
import org.diffusionnft.images.Png;
import org.diffusionnft.rewards.ConfiguredRewardProvider;
import org.diffusionnft.rewards.InParallel;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.rewards.Reward;
import org.diffusionnft.rewards.RewardOptions;
import org.diffusionnft.tensor.InvalidInputException;

/**
 * A vision-language model behind an OpenAI-compatible chat service that receives an image and a
 * question for a score. The default question and pattern are those of UnifiedReward in the
 * reference code. There an answer without a score counts as 0; here the model is asked again, since
 * training would learn from a false 0. See {@link ScorePattern} for what counts as a score.
 */
public final class JudgeReward implements Reward {
  private static final String QUESTION =
      """
      <image>
      You are given a text caption and a generated image based on that caption. Your task is to\
       evaluate this image based on two key criteria:
      1. Alignment with the Caption: Assess how well this image aligns with the provided caption.\
       Consider the accuracy of depicted objects, their relationships, and attributes as described\
       in the caption.
      2. Overall Image Quality: Examine the visual quality of this image, including clarity, detail\
       preservation, color accuracy, and overall aesthetic appeal.
      Based on the above criteria, assign a score from 1 to 5 after 'Final Score:'.
      Your task is provided as follows:
      Text Caption: [{prompt}]\
      """;

  private static final int LARGEST_SIDE = 8192;

  private final HttpCalls calls;
  private final Patience patience;
  private final int parallel;
  private final String model;
  private final String question;
  private final ScorePattern pattern;
  private final int size;
  private final int maxTokens;

  private JudgeReward(RewardOptions options) {
    String url = options.require("url", "the address of the service up to and with /v1");
    String chat = url.replaceAll("/+$", "") + "/chat/completions";
    this.calls = HttpCalls.to(chat, options);
    this.patience = Patience.of(options, HttpCalls.shown(url));
    this.parallel = options.count("parallel", 4);
    this.model = options.require("model", "the name of the model that judges");
    this.question = options.text("question", QUESTION);
    this.pattern = ScorePattern.of(options);
    this.size = (int) options.number("size", 512, 1, LARGEST_SIDE);
    this.maxTokens = options.count("maxTokens", 1024);
    if (!question.contains("{prompt}")) {
      throw new InvalidInputException(
          "rewards.%s.question has no {prompt}, where the prompt would stand"
              .formatted(options.reward()));
    }
    options.refuseOthers();
  }

  /** {@code judge}: see {@link JudgeReward}. */
  public static final class Provider implements ConfiguredRewardProvider {
    @Override
    public String name() {
      return "judge";
    }

    @Override
    public String description() {
      return "the score of a vision-language model behind an OpenAI-compatible chat service";
    }

    @Override
    public Reward open(RewardOptions options) {
      return new JudgeReward(options);
    }
  }

  @Override
  public float[] score(Images images, List<Prompt> prompts) {
    try (InParallel<Double> all = new InParallel<>(parallel)) {
      for (int i = 0; i < prompts.size(); i++) {
        Pixels picture = images.pixels(i).resize(size, size, Filter.BICUBIC);
        String request = request(picture, prompts.get(i).text());
        all.submit(() -> patience.ask(() -> read(calls.post(request))));
      }
      List<Double> results = all.results();
      float[] scores = new float[results.size()];
      for (int i = 0; i < scores.length; i++) {
        scores[i] = results.get(i).floatValue();
      }
      return scores;
    }
  }

  private String request(Pixels picture, String prompt) {
    ObjectNode request = Questions.JSON.createObjectNode();
    request.put("model", model);
    request.put("temperature", 0);
    request.put("max_tokens", maxTokens);
    ObjectNode message = request.putArray("messages").addObject();
    message.put("role", "user");
    var content = message.putArray("content");
    String data = Base64.getEncoder().encodeToString(Png.encode(picture));
    content
        .addObject()
        .put("type", "image_url")
        .putObject("image_url")
        .put("url", "data:image/png;base64," + data);
    content.addObject().put("type", "text").put("text", question.replace("{prompt}", prompt));
    return request.toString();
  }

  private double read(String body) throws ServiceFailure {
    return Questions.read(body, this::score);
  }

  private double score(ObjectNode answer) {
    JsonNode content = answer.path("choices").path(0).path("message").path("content");
    if (!content.isTextual()) {
      throw new InvalidInputException("it has no text under choices[0].message.content");
    }
    return pattern.score(content.asText());
  }

  @Override
  public void close() {
    calls.close();
  }
}
