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
 * Whether the quoted words of a prompt are legible in the picture. PP-OCR reads it, or your own
 * program, which receives images and answers {@code {"text": "..."}}; {@link TextMatch} scores the
 * result.
 */
public final class OcrReward implements Reward {
  private final Reading reading;

  /** Reads texts in pictures. */
  interface Reading extends AutoCloseable {
    /** The text of each image. */
    List<String> read(Images images, List<Prompt> prompts);

    /** Checks that it is still available. */
    default void requireAlive() {}

    @Override
    void close();
  }

  private OcrReward(Reading reading) {
    this.reading = reading;
  }

  /** {@code ocr}. */
  public static final class Provider implements ConfiguredRewardProvider {
    @Override
    public String name() {
      return "ocr";
    }

    @Override
    public String description() {
      return "how much of the quoted words can be read in the picture, by PP-OCR or your own"
          + " program";
    }

    @Override
    public Reward open(RewardOptions options) {
      boolean own = options.text("command").isPresent() || options.text("url").isPresent();
      if (own) {
        ImageService service = ImageService.of(options, "the text recognition");
        options.refuseOthers();
        return new OcrReward(new ByService(service));
      }
      return new OcrReward(PpOcrReading.open(options));
    }
  }

  /** Another program's reading. */
  private record ByService(ImageService service) implements Reading {
    @Override
    public List<String> read(Images images, List<Prompt> prompts) {
      return service.ask(images, prompts, OcrReward::text);
    }

    @Override
    public void requireAlive() {
      service.requireAlive();
    }

    @Override
    public void close() {
      service.close();
    }
  }

  @Override
  public void check(Prompt prompt) {
    reading.requireAlive();
    TextMatch.wanted(prompt);
  }

  @Override
  public float[] score(Images images, List<Prompt> prompts) {
    List<String> wanted = prompts.stream().map(TextMatch::wanted).toList();
    List<String> read = reading.read(images, prompts);
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
    reading.close();
  }
}
