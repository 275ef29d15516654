package org.diffusionnft.serve;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.diffusionnft.pipeline.PictureRequest;
import org.jspecify.annotations.Nullable;

/**
 * A request to {@code /v1/images/generations}: OpenAI's fields, plus our own {@code seed}, {@code
 * steps}, {@code guidance} and {@code negative_prompt}.
 *
 * @param model name of an adapter, or of the model without one; null for the first
 * @param prompt description of the pictures
 * @param negative negative prompt for guidance
 * @param count number of pictures
 * @param width in pixels; 0 for the model's default size
 * @param height in pixels; 0 for the model's default size
 * @param seed of the noise; each picture has its own noise
 * @param steps sampling steps; null for the model's default
 * @param guidance scale of guidance; null for the model's default
 * @param asAddress whether pictures are sent as {@code data:} URLs instead of plain Base64
 * @param stream whether events report the progress
 */
public record Generation(
    @Nullable String model,
    String prompt,
    String negative,
    int count,
    int width,
    int height,
    long seed,
    @Nullable Integer steps,
    @Nullable Double guidance,
    boolean asAddress,
    boolean stream) {
  private static final int MOST_PICTURES = 10; // OpenAI's bound
  private static final int LONGEST_PROMPT = 32_000; // OpenAI's bound, in characters
  private static final int MOST_STEPS = 1000;
  private static final double LARGEST_GUIDANCE = 1000;
  private static final Pattern SIZE = Pattern.compile("([1-9][0-9]{0,4})x([1-9][0-9]{0,4})");

  /** OpenAI's fields that have no effect here, whatever their values. */
  private static final Set<String> WITHOUT_EFFECT =
      Set.of("user", "quality", "style", "background", "moderation", "partial_images");

  private static final Set<String> KNOWN =
      Set.of(
          "model",
          "prompt",
          "negative_prompt",
          "n",
          "size",
          "seed",
          "steps",
          "guidance",
          "response_format",
          "output_format",
          "stream");

  /**
   * Reads a request.
   *
   * @throws BadRequestException that names the invalid field, its value and the allowed values
   */
  static Generation of(ObjectNode json) {
    for (var field : json.properties()) {
      if (!KNOWN.contains(field.getKey()) && !WITHOUT_EFFECT.contains(field.getKey())) {
        throw new BadRequestException(
            field.getKey(),
            "there is no field '%s': known are %s"
                .formatted(field.getKey(), String.join(", ", new TreeSet<>(KNOWN))));
      }
    }
    String prompt = text(json, "prompt", null);
    if (prompt.isBlank() || prompt.length() > LONGEST_PROMPT) {
      throw new BadRequestException(
          "prompt", "prompt must have 1 to %d characters".formatted(LONGEST_PROMPT));
    }
    String size = text(json, "size", "auto");
    Matcher sides = SIZE.matcher(size);
    if (!size.equals("auto") && !sides.matches()) {
      throw new BadRequestException(
          "size", "size must be such as 512x512 or auto, not '%s'".formatted(shown(size)));
    }
    boolean sized = !size.equals("auto");
    oneOf(json, "output_format", List.of("png"));
    String format = oneOf(json, "response_format", List.of("b64_json", "url"));
    Double seed = number(json, "seed", 0, Long.MAX_VALUE, true);
    Double count = number(json, "n", 1, MOST_PICTURES, true);
    Double steps = number(json, "steps", 1, MOST_STEPS, true);
    return new Generation(
        json.hasNonNull("model") ? text(json, "model", "") : null,
        prompt,
        text(json, "negative_prompt", ""),
        count == null ? 1 : count.intValue(),
        sized ? Integer.parseInt(sides.group(1)) : 0,
        sized ? Integer.parseInt(sides.group(2)) : 0,
        seed == null ? 0 : json.get("seed").longValue(),
        steps == null ? null : steps.intValue(),
        number(json, "guidance", 0, LARGEST_GUIDANCE, false),
        format.equals("url"),
        flag(json, "stream"));
  }

  /** Whether the pictures of both can be made in one batch: same model, size and sampling. */
  boolean goesWith(Generation other) {
    return Objects.equals(model, other.model)
        && width == other.width
        && height == other.height
        && Objects.equals(steps, other.steps)
        && Objects.equals(guidance, other.guidance);
  }

  /** The request, with defaults for missing fields. */
  PictureRequest over(PictureRequest usual) {
    return new PictureRequest(
        prompt,
        negative,
        width == 0 ? usual.width() : width,
        height == 0 ? usual.height() : height,
        steps == null ? usual.steps() : steps,
        guidance == null ? usual.guidance() : guidance,
        usual.skipping(),
        usual.solver(),
        seed,
        count,
        usual.batch());
  }

  private static String text(ObjectNode json, String key, @Nullable String orElse) {
    JsonNode node = json.path(key);
    if (node.isTextual()) {
      return node.asText();
    }
    if (orElse != null && (node.isMissingNode() || node.isNull())) {
      return orElse;
    }
    throw new BadRequestException(key, "%s must be a text".formatted(key));
  }

  private static String oneOf(ObjectNode json, String key, List<String> allowed) {
    String value = text(json, key, allowed.getFirst());
    if (!allowed.contains(value)) {
      throw new BadRequestException(
          key,
          "%s must be %s, not '%s'".formatted(key, String.join(" or ", allowed), shown(value)));
    }
    return value;
  }

  private static @Nullable Double number(
      ObjectNode json, String key, double least, double most, boolean whole) {
    JsonNode node = json.path(key);
    if (node.isMissingNode() || node.isNull()) {
      return null;
    }
    double value = node.isNumber() ? node.doubleValue() : Double.NaN;
    if (!(value >= least && value <= most)
        || (whole && !(node.isIntegralNumber() && node.canConvertToLong()))) {
      throw new BadRequestException(
          key,
          "%s must be a %snumber from %s to %s"
              .formatted(key, whole ? "whole " : "", plain(least), plain(most)));
    }
    return value;
  }

  private static boolean flag(ObjectNode json, String key) {
    JsonNode node = json.path(key);
    if (node.isMissingNode() || node.isNull()) {
      return false;
    }
    if (!node.isBoolean()) {
      throw new BadRequestException(key, "%s must be true or false".formatted(key));
    }
    return node.asBoolean();
  }

  private static String plain(double bound) {
    return Long.toString((long) bound);
  }

  private static String shown(String value) {
    return value.length() > 40 ? value.substring(0, 40) + "..." : value;
  }
}
