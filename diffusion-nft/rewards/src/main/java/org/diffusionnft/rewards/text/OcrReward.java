package org.diffusionnft.rewards.text;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.diffusionnft.images.Images;
import org.diffusionnft.rewards.ConfiguredRewardProvider;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.rewards.Reward;
import org.diffusionnft.rewards.RewardOptions;
import org.diffusionnft.rewards.service.ImageService;
import org.diffusionnft.tensor.InvalidInputException;

/**
 * Whether the words in a prompt's quotes can be read in the picture, by your own reader of texts:
 * it is shown images and answers {@code {"text": "..."}}; {@link TextMatch} does the rest.
 */
public final class OcrReward implements Reward {
  private final ImageService reader;

  private OcrReward(ImageService reader) {
    this.reader = reader;
  }

  /** {@code ocr}. */
  public static final class Provider implements ConfiguredRewardProvider {
    @Override
    public String name() {
      return "ocr";
    }

    @Override
    public String description() {
      return "how much of the quoted words your own text recognition reads in the picture";
    }

    @Override
    public Reward open(RewardOptions options) {
      ImageService reader = ImageService.of(options, "the text recognition");
      options.refuseOthers();
      return new OcrReward(reader);
    }
  }

  @Override
  public void check(Prompt prompt) {
    reader.requireAlive();
    TextMatch.wanted(prompt);
  }

  @Override
  public float[] score(Images images, List<Prompt> prompts) {
    List<String> wanted = prompts.stream().map(TextMatch::wanted).toList();
    List<String> read = reader.ask(images, prompts, OcrReward::text);
    float[] scores = new float[prompts.size()];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = (float) TextMatch.score(wanted.get(i), read.get(i));
    }
    return scores;
  }

  private static String text(ObjectNode answer) {
    if (!answer.path("text").isTextual()) {
      throw new InvalidInputException("a text is needed under 'text'");
    }
    return answer.path("text").asText();
  }

  @Override
  public void close() {
    reader.close();
  }
}
