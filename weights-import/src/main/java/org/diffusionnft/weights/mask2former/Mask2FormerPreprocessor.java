package org.diffusionnft.weights.mask2former;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.JsonFields;
import org.diffusionnft.weights.io.StrictJson;

/**
 * Image preprocessing for Mask2Former, as in transformers' {@code preprocessor_config.json}.
 *
 * @param shortest length of the shorter side, in pixels
 * @param longest maximum length of the longer side
 * @param divisor both sides are padded to multiples of this
 * @param mean of red, green and blue, where 1 is white
 * @param deviation likewise
 */
public record Mask2FormerPreprocessor(
    int shortest, int longest, int divisor, List<Double> mean, List<Double> deviation) {
  /** The settings of the published models, in mmdet and transformers. */
  public static final Mask2FormerPreprocessor PUBLISHED =
      new Mask2FormerPreprocessor(
          800, 1333, 32, List.of(0.485, 0.456, 0.406), List.of(0.229, 0.224, 0.225));

  private static final int LARGEST_SIDE = 1 << 13;
  private static final int LARGEST_DIVISOR = 256;
  private static final int BILINEAR = 2;

  /**
   * Checks that the fields fit together.
   *
   * @throws IllegalArgumentException naming the field
   */
  public Mask2FormerPreprocessor {
    mean = List.copyOf(mean);
    deviation = List.copyOf(deviation);
    if (shortest < 1 || longest < shortest || longest > LARGEST_SIDE) {
      throw new IllegalArgumentException(
          "size is %d to %d, but must be from 1 to %d, the shortest edge first"
              .formatted(shortest, longest, LARGEST_SIDE));
    }
    if (divisor < 1 || divisor > LARGEST_DIVISOR) {
      throw new IllegalArgumentException(
          "size_divisor is " + divisor + " but must be from 1 to " + LARGEST_DIVISOR);
    }
    if (mean.size() != 3 || deviation.size() != 3 || deviation.stream().anyMatch(d -> !(d > 0))) {
      throw new IllegalArgumentException(
          "image_mean and image_std must be three numbers each, the latter above 0");
    }
  }

  /**
   * The settings in a JSON object with the keys of transformers' {@code Mask2FormerImageProcessor}.
   *
   * @param file the source of the object, for messages
   * @throws InvalidFileException for an invalid value
   */
  public static Mask2FormerPreprocessor parse(Path file, JsonNode json)
      throws InvalidFileException {
    JsonFields fields = new JsonFields(file, json);
    for (String key : List.of("do_resize", "do_rescale", "do_normalize")) {
      if (!fields.flag(key, true)) {
        throw fields.unsupported(key, List.of("true"));
      }
    }
    if (fields.integer("resample", BILINEAR) != BILINEAR) {
      throw fields.unsupported("resample", List.of(Integer.toString(BILINEAR)));
    }
    if (Math.abs(fields.number("rescale_factor", 1 / 255.0) - 1 / 255.0) > 1e-9) {
      throw fields.unsupported("rescale_factor", List.of("1/255"));
    }
    JsonNode size = json.path("size");
    JsonFields sides = new JsonFields(file, size);
    boolean sided = size.isObject();
    try {
      return new Mask2FormerPreprocessor(
          sided ? sides.integer("shortest_edge") : fields.integer("size", PUBLISHED.shortest),
          sided ? sides.integer("longest_edge") : fields.integer("max_size", PUBLISHED.longest),
          fields.integer("size_divisor", PUBLISHED.divisor),
          numbers(fields, "image_mean", PUBLISHED.mean),
          numbers(fields, "image_std", PUBLISHED.deviation));
    } catch (IllegalArgumentException e) {
      throw new InvalidFileException(file, String.valueOf(e.getMessage()), e);
    }
  }

  /** The inverse of {@link #parse}. */
  public ObjectNode toJson() {
    ObjectNode json = StrictJson.object();
    json.put("image_processor_type", "Mask2FormerImageProcessor");
    json.putObject("size").put("shortest_edge", shortest).put("longest_edge", longest);
    json.put("size_divisor", divisor);
    json.put("resample", BILINEAR);
    mean.forEach(json.putArray("image_mean")::add);
    deviation.forEach(json.putArray("image_std")::add);
    return json;
  }

  private static List<Double> numbers(JsonFields fields, String key, List<Double> orElse)
      throws InvalidFileException {
    if (!fields.json().hasNonNull(key)) {
      return orElse;
    }
    List<Double> numbers = new ArrayList<>();
    for (JsonNode number : fields.json().path(key)) {
      if (!number.isNumber()) {
        throw new InvalidFileException(fields.file(), "needs three numbers under '" + key + "'");
      }
      numbers.add(number.asDouble());
    }
    return numbers;
  }
}
