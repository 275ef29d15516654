package org.diffusionnft.rewards.ocr;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.diffusionnft.images.Pixels;
import org.diffusionnft.onnx.OnnxNetwork;
import org.diffusionnft.rewards.RewardOptions;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.weights.io.StrictJson;
import org.diffusionnft.weights.io.TextFile;
import org.diffusionnft.weights.onnx.OnnxFile;
import org.diffusionnft.weights.onnx.OnnxModel;
import org.diffusionnft.weights.onnx.OnnxType;
import org.diffusionnft.weights.safetensors.SafetensorsFile;

/**
 * Loads the networks that find and read texts: from files that the options name, or the PP-OCRv4
 * models of the artifact {@code ocr-models}, if it is on the class path. Those are for Chinese and
 * English; the reference code uses PaddleOCR's English ones.
 */
public final class OcrModels {
  private static final String FOLDER = "models/";
  private static final String DETECTOR = FOLDER + "ch_PP-OCRv4_det_infer.onnx";
  private static final String RECOGNIZER = FOLDER + "ch_PP-OCRv4_rec_infer.onnx";
  private static final String DICTIONARY = FOLDER + "ppocr_keys_v1.txt";
  private static final int LONGEST_SIDE = 960;
  private static final int LARGEST = 1 << 28;

  /** Side of the test picture for networks, in pixels. */
  private static final int TRIED = 64;

  private OcrModels() {}

  /**
   * Loads the files that the options name: {@code detector} and {@code recognizer} (an {@code
   * .onnx} file, or a folder with {@code model.safetensors} and {@code config.json}), and {@code
   * dictionary} (one entry per line).
   *
   * @throws InvalidInputException if a file is missing or invalid
   */
  public static TextReader open(RewardOptions options, Device device) {
    boolean ownReader = options.text("recognizer").isPresent();
    if (ownReader != options.text("dictionary").isPresent()) {
      throw new InvalidInputException(
          "reward '%s' needs 'recognizer' and 'dictionary' together: the dictionary says what the"
                  .formatted(options.reward())
              + " classes of the network stand for");
    }
    try {
      OnnxModel detector = model(options, "detector", DETECTOR);
      OnnxModel recognizer = model(options, "recognizer", RECOGNIZER);
      Vocabulary vocabulary =
          Vocabulary.of(
              ownReader
                  ? lines(TextFile.read(Path.of(options.require("dictionary", "a text file"))))
                  : lines(new String(resource(options, DICTIONARY), StandardCharsets.UTF_8)));
      OnnxNetwork finding = network(options, detector, device);
      TextDetector finds = new TextDetector(finding, LONGEST_SIDE);
      TextRecognizer reads =
          new TextRecognizer(
              network(options, recognizer, device), vocabulary, TextRecognizer.Format.PADDLE);
      tried(options, finds, black(side(finding, 3), side(finding, 2)), reads);
      return new TextReader(finds, reads);
    } catch (IOException e) {
      throw new InvalidInputException(
          "reward '%s': %s".formatted(options.reward(), e.getMessage()), e);
    }
  }

  private static OnnxNetwork network(RewardOptions options, OnnxModel model, Device device) {
    OnnxNetwork network = OnnxNetwork.of(model, device);
    if (network.inputs().isEmpty() || network.outputs().isEmpty()) {
      throw new InvalidInputException(
          "reward '%s': a network without inputs or outputs reads no texts: export it again"
              .formatted(options.reward()));
    }
    return network;
  }

  /**
   * Tests the user's own networks on a picture, to find errors and a mismatched dictionary now:
   * sampled pictures may have no text for a long time.
   */
  private static void tried(
      RewardOptions options, TextDetector detector, Pixels picture, TextRecognizer recognizer) {
    try {
      if (options.text("detector").isPresent()) {
        detector.find(picture);
      }
      if (options.text("recognizer").isPresent()) {
        recognizer.read(List.of(black(TRIED, TRIED)));
      }
    } catch (InvalidInputException e) {
      throw new InvalidInputException(
          "reward '%s': %s".formatted(options.reward(), e.getMessage()), e);
    }
  }

  /** The side that a network requires of pictures; a default if it accepts any. */
  private static int side(OnnxNetwork network, int axis) {
    if (network.inputs().getFirst().type() instanceof OnnxType.OfTensor tensor) {
      List<OnnxType.Dim> dims = tensor.dims();
      if (dims != null && dims.size() == 4 && dims.get(axis).size() > 0) {
        return (int) Math.min(dims.get(axis).size(), LONGEST_SIDE);
      }
    }
    return TRIED;
  }

  private static Pixels black(int width, int height) {
    return new Pixels(width, height, new byte[3 * width * height]);
  }

  private static List<String> lines(String text) {
    return text.lines().toList();
  }

  private static OnnxModel model(RewardOptions options, String key, String resource)
      throws IOException {
    Path given = options.path(key).orElse(null);
    if (given == null) {
      ByteBuffer bytes = ByteBuffer.wrap(resource(options, resource));
      return OnnxFile.parse(Path.of(resource), bytes.order(ByteOrder.LITTLE_ENDIAN));
    }
    if (!Files.isDirectory(given)) {
      return OnnxFile.read(given);
    }
    ObjectNode config = StrictJson.readObject(given.resolve("config.json"));
    Path weights = given.resolve("model.safetensors");
    try (SafetensorsFile tensors = SafetensorsFile.open(weights)) {
      return key.equals("detector")
          ? PpOcrCheckpoint.detector(weights, tensors, config)
          : PpOcrCheckpoint.recognizer(weights, tensors, config);
    }
  }

  private static byte[] resource(RewardOptions options, String name) throws IOException {
    try (InputStream in = OcrModels.class.getClassLoader().getResourceAsStream(name)) {
      if (in == null) {
        throw new InvalidInputException(
            ("reward '%s' has no models to read texts with: add the artifact"
                    + " org.diffusionnft:ocr-models to the class path, or name 'detector',"
                    + " 'recognizer' and 'dictionary' under rewards.%s")
                .formatted(options.reward(), options.reward()));
      }
      return in.readNBytes(LARGEST);
    }
  }
}
