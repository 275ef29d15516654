package org.diffusionnft.verify;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.diffusionnft.images.Pixels;
import org.diffusionnft.onnx.OnnxNetwork;
import org.diffusionnft.onnx.value.NdArray;
import org.diffusionnft.onnx.value.Value;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.rewards.ocr.PpOcrCheckpoint;
import org.diffusionnft.rewards.ocr.Quad;
import org.diffusionnft.rewards.ocr.QuadCrop;
import org.diffusionnft.rewards.ocr.TextBoxes;
import org.diffusionnft.rewards.ocr.TextDetector;
import org.diffusionnft.rewards.ocr.TextReader;
import org.diffusionnft.rewards.ocr.TextRecognizer;
import org.diffusionnft.rewards.ocr.Vocabulary;
import org.diffusionnft.rewards.text.TextMatch;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.StrictJson;
import org.diffusionnft.weights.onnx.OnnxModel;
import org.diffusionnft.weights.safetensors.SafetensorsFile;

/**
 * Text in pictures: both networks of PP-OCRv5, the processing before and between them, the reward.
 */
final class PpOcrCase implements CaseKind {
  /** Tolerance of line scores, which are means of floats in the reference code. */
  private static final double SCORE = 1e-6;

  @Override
  public String name() {
    return "pp_ocr";
  }

  @Override
  public boolean recognises(CaseFolder folder) {
    return folder.config().has("det_config") && folder.config().has("rec_config");
  }

  @Override
  public void verify(CaseFolder folder, Device device, Checks checks) throws IOException {
    Vocabulary vocabulary = vocabulary(folder.config());
    JsonNode results = StrictJson.readObject(folder.path().resolve("results.json"));
    ctc(folder, checks, vocabulary, results.path("ctc"));
    try (OnnxNetwork detector = network(folder, device, true);
        OnnxNetwork recognizer = network(folder, device, false)) {
      for (int i = 0; folder.hasInput("image" + i + ".uint8"); i++) {
        picture(folder, checks, i, detector, recognizer, vocabulary, results);
      }
    }
    int at = 0;
    for (JsonNode reward : results.path("rewards")) {
      reward(checks, "rewards[" + at++ + "]", lines(reward.path("lines")), reward);
    }
  }

  private static OnnxNetwork network(CaseFolder folder, Device device, boolean detector)
      throws InvalidFileException {
    CaseConfig config = folder.config().get(detector ? "det_config" : "rec_config");
    Path file =
        folder.path().resolve(detector ? "weights_det.safetensors" : "weights_rec.safetensors");
    try (SafetensorsFile weights = SafetensorsFile.open(file)) {
      OnnxModel model =
          detector
              ? PpOcrCheckpoint.detector(file, weights, config.node())
              : PpOcrCheckpoint.recognizer(file, weights, config.node());
      return OnnxNetwork.of(model, device);
    }
  }

  private static Vocabulary vocabulary(CaseConfig config) throws InvalidFileException {
    List<String> entries = new ArrayList<>();
    for (CaseConfig entry : config.list("vocabulary")) {
      entries.add(entry.node().asText());
    }
    entries.set(0, "");
    return new Vocabulary(entries);
  }

  private static void ctc(
      CaseFolder folder, Checks checks, Vocabulary vocabulary, JsonNode expected)
      throws InvalidFileException {
    Shape shape = folder.inputs().shape("ctc.prob");
    float[] prob = folder.floats(folder.inputs(), "ctc.prob");
    for (int i = 0; i < shape.intDim(0); i++) {
      Vocabulary.Line line = vocabulary.decode(prob, i * shape.intDim(1), shape.intDim(1));
      line(checks, "ctc[" + i + "]", line, expected.path(i), SCORE);
    }
  }

  private static void line(
      Checks checks, String label, Vocabulary.Line line, JsonNode expected, double limit) {
    String text = expected.path("text").asText();
    checks.holds(
        label + ".text", line.text().equals(text), "'" + line.text() + "', not '" + text + "'");
    double score = expected.path("score").asDouble();
    checks.within(label + ".score", Math.abs(line.score() - score), limit, "");
  }

  private static void picture(
      CaseFolder folder,
      Checks checks,
      int number,
      OnnxNetwork detector,
      OnnxNetwork recognizer,
      Vocabulary vocabulary,
      JsonNode results)
      throws InvalidFileException {
    String name = "image" + number;
    Pixels picture = RecordedPicture.pixels(folder, name + ".uint8");
    int longest = folder.config().integer("det_limit_side_len");
    Pixels small = TextDetector.resized(picture, longest);
    RecordedPicture.same(folder, checks, name + ".det.resized_uint8", small);
    float[] given = folder.floats(folder.inputs(), name + ".det.pixel_values");
    same(checks, name + ".det.pixel_values", TextDetector.normalised(small), given);
    run(checks, detector, given, folder.inputs().shape(name + ".det.pixel_values"), name + ".det.");

    List<Quad> boxes = boxes(folder, checks, name, picture);
    List<Pixels> crops = new ArrayList<>();
    for (Quad box : boxes) {
      Pixels crop = QuadCrop.of(picture, box);
      RecordedPicture.same(folder, checks, name + ".crop." + crops.size(), crop);
      crops.add(crop);
    }
    int[] shape = folder.config().integers("rec_image_shape");
    TextRecognizer.Format format =
        new TextRecognizer.Format(shape[1], shape[2], folder.config().integer("rec_batch_num"));
    int at = 0;
    double uncertainty = SCORE;
    for (TextRecognizer.Batch batch : TextRecognizer.batches(crops, format)) {
      String part = name + ".batch" + at++ + ".";
      checks.values(
          part + "crop_order", batch.order().stream().mapToDouble(Integer::doubleValue).toArray());
      given = folder.floats(folder.inputs(), part + "pixel_values");
      same(checks, part + "pixel_values", batch.pixels().floats(), given);
      run(checks, recognizer, given, folder.inputs().shape(part + "pixel_values"), part + "rec.");
      uncertainty = Math.max(uncertainty, folder.margin(part + "rec.prob").limit());
    }
    List<String> kept = new ArrayList<>();
    List<Vocabulary.Line> lines = new TextRecognizer(recognizer, vocabulary, format).read(crops);
    for (int i = 0; i < lines.size(); i++) {
      JsonNode expected = results.path("lines").path(number).path(i);
      // a score is the mean of probabilities
      line(checks, name + ".lines[" + i + "]", lines.get(i), expected, uncertainty);
      if (lines.get(i).score() >= TextReader.LEAST_SCORE) {
        kept.add(lines.get(i).text());
      }
    }
    for (JsonNode reward : results.path("chain_rewards")) {
      if (reward.path("image").asInt() == number) {
        reward(checks, name + ".reward of " + reward.path("prompt").asText(), kept, reward);
      }
    }
  }

  private static List<Quad> boxes(CaseFolder folder, Checks checks, String name, Pixels picture)
      throws InvalidFileException {
    float[] map = folder.floats(folder.inputs(), name + ".db.prob");
    Shape shape = folder.inputs().shape(name + ".db.prob");
    CaseConfig db = folder.config().get("db");
    TextBoxes.Rules rules =
        new TextBoxes.Rules(
            db.number("thresh"),
            db.number("box_thresh"),
            db.integer("max_candidates"),
            db.number("unclip_ratio"),
            db.number("min_size"));
    TextBoxes found =
        TextBoxes.find(
            map, shape.intDim(1), shape.intDim(0), picture.width(), picture.height(), rules);
    checks.values(name + ".db.boxes", flat(found.boxes()));
    checks.values(
        name + ".db.scores", found.scores().stream().mapToDouble(Double::doubleValue).toArray());
    List<Quad> sorted = found.inReadingOrder(picture.width(), picture.height());
    checks.values(name + ".db.boxes_sorted", flat(sorted));
    // the reward uses PaddleOCR's rule only; that of transformers expands boxes with pointed
    // corners
    checks.replayed(name + ".db.transformers.boxes");
    checks.replayed(name + ".db.transformers.scores");
    return sorted;
  }

  private static double[] flat(List<Quad> boxes) {
    return boxes.stream().flatMapToDouble(q -> Arrays.stream(q.flat())).toArray();
  }

  private static void run(
      Checks checks, OnnxNetwork network, float[] pixels, Shape shape, String prefix)
      throws InvalidFileException {
    Map<String, Value> outputs = network.run(Map.of("pixels", NdArray.floats(shape, pixels)));
    for (Map.Entry<String, Value> output : outputs.entrySet()) {
      if (output.getValue() instanceof NdArray array) {
        checks.values(prefix + output.getKey(), array.toDoubles());
      }
    }
  }

  private static void same(Checks checks, String label, float[] actual, float[] expected) {
    double[] a = new double[actual.length];
    double[] e = new double[expected.length];
    for (int i = 0; i < a.length; i++) {
      a[i] = actual[i];
    }
    for (int i = 0; i < e.length; i++) {
      e[i] = expected[i];
    }
    checks.against(label, a, e, new Margin.Absolute(SCORE));
  }

  /** The lines with content: the reference code drops those with a score of 0. */
  private static List<String> lines(JsonNode rows) {
    List<String> texts = new ArrayList<>();
    for (JsonNode row : rows) {
      if (row.path(1).asDouble() > 0) {
        texts.add(row.path(0).asText());
      }
    }
    return texts;
  }

  /** A number, or the name of the exception that a prompt without words raises. */
  private static void reward(Checks checks, String label, List<String> lines, JsonNode expected) {
    try {
      String wanted = TextMatch.wanted(Prompt.of(expected.path("prompt").asText()));
      double score = TextMatch.score(wanted, String.join("", lines));
      boolean number = expected.path("reward").isNumber();
      checks.holds(label, number, "a reward of " + score + ", where there is none");
      if (number) {
        double wants = expected.path("reward").asDouble();
        checks.within(label, Math.abs(score - wants), 1e-12, "");
      }
    } catch (InvalidInputException e) {
      checks.holds(label, expected.path("reward").isTextual(), String.valueOf(e.getMessage()));
    }
  }
}
