package org.diffusionnft.reports;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.diffusionnft.images.Jpeg;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.JsonLines;
import org.diffusionnft.weights.io.StrictJson;

/** All that a page shows of a run, as JSON, pictures included. */
final class RunSummary {
  private static final int SHEETS = 12;
  private static final int PAIRS = 24;
  private static final int PROMPTS = 12;
  private static final int LARGEST_PICTURE = 200_000;
  private static final float QUALITY = 0.85f;

  private final Path folder;

  private RunSummary(Path folder) {
    this.folder = folder;
  }

  /**
   * Reads a run's folder; the run may still be going on.
   *
   * @throws InvalidFileException if it is none
   */
  static ObjectNode of(Path folder) throws IOException {
    if (!Files.exists(folder.resolve("metrics.jsonl"))) {
      throw new InvalidFileException(
          folder, "has no metrics.jsonl: give the folder of a run of 'dnft train' or 'dnft demo'");
    }
    return new RunSummary(folder).json();
  }

  private ObjectNode json() throws IOException {
    ObjectNode json = StrictJson.object();
    json.put("name", String.valueOf(folder.toAbsolutePath().normalize().getFileName()));
    Path config = folder.resolve("config.yaml");
    json.put("config", Files.exists(config) ? Files.readString(config) : "");
    List<JsonNode> metrics = JsonLines.read(folder.resolve("metrics.jsonl"));
    json.put("epochs", metrics.size());
    json.set("metrics", Series.of(metrics));
    json.set("evaluations", Series.of(JsonLines.read(folder.resolve("evaluations.jsonl"))));
    sheets(json.putArray("sheets"));
    pairs(json.putArray("groups"));
    gains(json.putObject("prompts"));
    return json;
  }

  private void sheets(ArrayNode array) throws IOException {
    Path samples = folder.resolve("samples");
    if (!Files.isDirectory(samples)) {
      return;
    }
    List<Path> files;
    try (Stream<Path> all = Files.list(samples)) {
      files = all.filter(f -> f.toString().endsWith(".png")).sorted().toList();
    }
    for (Path file : spread(files, SHEETS)) {
      String digits = String.valueOf(file.getFileName()).replaceAll("\\D", "");
      if (!digits.isEmpty() && digits.length() < 10) {
        array.addObject().put("epoch", Integer.parseInt(digits)).put("image", embedded(file));
      }
    }
  }

  private void pairs(ArrayNode array) throws IOException {
    for (JsonNode line : spread(JsonLines.read(folder.resolve("groups.jsonl")), PAIRS)) {
      ObjectNode pair = array.addObject();
      pair.put("epoch", line.path("epoch").asLong());
      pair.put("prompt", line.path("prompt").asText());
      for (String which : new String[] {"best", "worst"}) {
        JsonNode member = line.path(which);
        Path image = folder.resolve(member.path("image").asText("none")).normalize();
        ObjectNode out = pair.putObject(which);
        out.put("reward", Series.shortened(member.path("reward").asDouble()));
        out.put("r", Series.shortened(member.path("r").asDouble()));
        boolean inside = image.startsWith(folder.normalize());
        out.put("image", inside && Files.isRegularFile(image) ? embedded(image) : "");
      }
    }
  }

  /** First and last score of prompts, of evaluations if there are two, else of training. */
  private void gains(ObjectNode json) throws IOException {
    List<JsonNode> lines = JsonLines.read(folder.resolve("prompts.jsonl"));
    List<JsonNode> heldOut = lines.stream().filter(l -> l.path("held_out").asBoolean()).toList();
    boolean evaluations = heldOut.size() > 1;
    Map<String, List<Double>> scores = new LinkedHashMap<>();
    for (JsonNode line : evaluations ? heldOut : lines) {
      line.path("scores")
          .properties()
          .forEach(
              e ->
                  scores
                      .computeIfAbsent(e.getKey(), _ -> new ArrayList<>())
                      .add(e.getValue().asDouble()));
    }
    List<Map.Entry<String, List<Double>>> seen =
        scores.entrySet().stream()
            .filter(e -> e.getValue().size() > 1)
            .sorted(Comparator.comparingDouble(e -> -gain(e.getValue())))
            .toList();
    json.put("source", evaluations ? "evaluations on held-out prompts" : "training");
    json.put("count", seen.size());
    int each = Math.min(PROMPTS, (seen.size() + 1) / 2);
    list(json.putArray("most"), seen.subList(0, each));
    list(
        json.putArray("least"),
        seen.subList(Math.max(each, seen.size() - PROMPTS), seen.size()).reversed());
  }

  private static void list(ArrayNode array, List<Map.Entry<String, List<Double>>> prompts) {
    for (Map.Entry<String, List<Double>> e : prompts) {
      array
          .addObject()
          .put("prompt", e.getKey())
          .put("first", Series.shortened(early(e.getValue())))
          .put("last", Series.shortened(late(e.getValue())));
    }
  }

  private static double gain(List<Double> scores) {
    return late(scores) - early(scores);
  }

  /** The mean of the first third: single scores are noisy. */
  private static double early(List<Double> scores) {
    return mean(scores.subList(0, Math.max(1, scores.size() / 3)));
  }

  private static double late(List<Double> scores) {
    return mean(scores.subList(scores.size() - Math.max(1, scores.size() / 3), scores.size()));
  }

  private static double mean(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).average().orElse(0);
  }

  /** At most {@code most} items, evenly spread, with the first and the last. */
  static <T> List<T> spread(List<T> all, int most) {
    if (all.size() <= most) {
      return all;
    }
    List<T> chosen = new ArrayList<>();
    for (int i = 0; i < most; i++) {
      chosen.add(all.get((int) Math.round(i * (all.size() - 1) / (double) (most - 1))));
    }
    return chosen;
  }

  /** A picture as text; large ones as JPEG. */
  private static String embedded(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    String type = "png";
    if (bytes.length > LARGEST_PICTURE) {
      BufferedImage image = ImageIO.read(file.toFile());
      if (image != null) {
        bytes = Jpeg.encode(image, QUALITY);
        type = "jpeg";
      }
    }
    return "data:image/" + type + ";base64," + Base64.getEncoder().encodeToString(bytes);
  }
}
