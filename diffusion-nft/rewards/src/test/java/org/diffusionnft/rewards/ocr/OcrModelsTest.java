package org.diffusionnft.rewards.ocr;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.diffusionnft.rewards.RewardOptions;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.DeviceOptions;
import org.diffusionnft.tensor.Devices;
import org.diffusionnft.tensor.InvalidInputException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Networks of the user's own that read texts. */
@Tag("slow")
class OcrModelsTest {
  private static final String MODELS = "models/";

  @TempDir private Path folder;

  @Test
  void whatDoesNotFitIsToldBeforeAnyPicture() throws IOException {
    Path reader = resource("ch_PP-OCRv4_rec_infer.onnx");
    Path other = Files.writeString(folder.resolve("other.txt"), "a\nb\n");
    try (Device device = Devices.openDefault(DeviceOptions.defaults())) {
      String message = refusal(device, Map.of("recognizer", "" + reader, "dictionary", "" + other));
      assertTrue(message.startsWith("reward 'ocr': the text recognition network"), message);
      assertTrue(message.contains("give the dictionary that belongs to it"), message);
      message = refusal(device, Map.of("detector", "" + reader));
      assertTrue(message.startsWith("reward 'ocr': "), message);

      Path own = resource("ppocr_keys_v1.txt");
      Path detector = resource("ch_PP-OCRv4_det_infer.onnx");
      OcrModels.open(
          new RewardOptions(
              "ocr",
              Map.of("detector", "" + detector, "recognizer", "" + reader, "dictionary", "" + own)),
          device);
    }
  }

  private static String refusal(Device device, Map<String, String> options) {
    return assertThrows(
            InvalidInputException.class,
            () -> OcrModels.open(new RewardOptions("ocr", options), device))
        .getMessage();
  }

  private Path resource(String name) throws IOException {
    Path file = folder.resolve(name);
    try (InputStream in =
        Objects.requireNonNull(
            OcrModelsTest.class.getClassLoader().getResourceAsStream(MODELS + name))) {
      Files.copy(in, file);
    }
    return file;
  }
}
