package org.diffusionnft.rewards.geneval;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import org.diffusionnft.images.Images;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.rewards.service.ImageService;
import org.diffusionnft.tensor.InvalidInputException;

/**
 * The user's own detector: it receives images and answers {@code {"objects": [{"label", "score",
 * "box": [left, top, right, bottom], "color"}]}}.
 */
record ServiceDetector(ImageService service) implements ObjectDetector {
  @Override
  public List<List<DetectedObject>> detect(Images images, List<Prompt> prompts) {
    return service.ask(images, prompts, ServiceDetector::objects);
  }

  @Override
  public void check(Demand demand) {
    service.requireAlive();
  }

  private static List<DetectedObject> objects(ObjectNode answer) {
    if (!answer.path("objects").isArray()) {
      throw new InvalidInputException("a list is needed under 'objects'");
    }
    List<DetectedObject> objects = new ArrayList<>();
    for (JsonNode json : answer.path("objects")) {
      JsonNode box = json.path("box");
      if (!json.path("label").isTextual() || !isFinite(json.path("score")) || box.size() != 4) {
        throw new InvalidInputException("an object needs 'label', 'score' and 'box'");
      }
      double[] corners = new double[4];
      for (int i = 0; i < corners.length; i++) {
        if (!isFinite(box.path(i))) {
          throw new InvalidInputException("a box needs four finite numbers");
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

  /** JSON allows numbers that overflow, such as 1e999. */
  private static boolean isFinite(JsonNode number) {
    return number.isNumber() && Double.isFinite(number.asDouble());
  }

  @Override
  public void close() {
    service.close();
  }
}
