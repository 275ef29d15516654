package org.diffusionnft.serve;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.diffusionnft.images.Images;
import org.diffusionnft.images.PictureFile;
import org.diffusionnft.images.Pixels;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.rewards.RewardUnavailableException;
import org.diffusionnft.rewards.WeightedRewards;
import org.diffusionnft.rewards.WeightedRewards.Scores;
import org.diffusionnft.weights.io.StrictJson;

/**
 * Scores a picture that a client sends. Input is {@code {"id", "prompt", "metadata", "image"}}, as
 * sent by the trainer's reward {@code http}; output is {@code {"id", "score", "scores"}}.
 */
final class RewardScoring {
  /** 2048 by 2048: scoring takes about fifty bytes per pixel. */
  private static final long MOST_PIXELS = 1 << 22;

  private final WeightedRewards rewards;
  private final ReentrantLock turn = new ReentrantLock(true); // a reward allows one call at a time

  RewardScoring(WeightedRewards rewards) {
    this.rewards = rewards;
  }

  /**
   * The scores of one picture.
   *
   * @throws BadRequestException that names the invalid field, or the reward that failed
   */
  ObjectNode score(ObjectNode json) {
    JsonNode text = json.path("prompt");
    if (!text.isTextual() || text.asText().isBlank()) {
      throw new BadRequestException("prompt", "prompt must be a text");
    }
    JsonNode metadata = json.path("metadata");
    if (!metadata.isObject() && !metadata.isMissingNode() && !metadata.isNull()) {
      throw new BadRequestException("metadata", "metadata must be an object");
    }
    Map<String, Object> known = new LinkedHashMap<>();
    metadata.properties().forEach(e -> known.put(e.getKey(), StrictJson.plain(e.getValue())));
    Prompt prompt = new Prompt(text.asText(), known);
    Scores scores;
    turn.lock();
    try {
      Images image = image(json.path("image")); // one at a time, since they are large
      rewards.check(prompt);
      scores = rewards.score(image, List.of(prompt));
    } catch (RewardUnavailableException e) {
      throw new BadRequestException(503, null, String.valueOf(e.getMessage()));
    } finally {
      turn.unlock();
    }
    ObjectNode answer = json.objectNode();
    if (json.has("id")) {
      answer.set("id", json.get("id"));
    }
    answer.put("score", scores.total()[0]);
    ObjectNode each = answer.putObject("scores");
    scores.components().forEach((name, values) -> each.put(name, values[0]));
    return answer;
  }

  private static Images image(JsonNode node) {
    if (!node.isTextual()) {
      throw new BadRequestException("image", "image must be a PNG or JPEG file in Base64");
    }
    try {
      byte[] bytes = Base64.getDecoder().decode(node.asText());
      BufferedImage picture = PictureFile.readUpTo(MOST_PIXELS, bytes);
      return Images.of(Pixels.of(picture));
    } catch (IllegalArgumentException e) {
      throw new BadRequestException("image", "image is no Base64");
    } catch (IOException e) {
      throw new BadRequestException("image", "image " + e.getMessage());
    }
  }
}
