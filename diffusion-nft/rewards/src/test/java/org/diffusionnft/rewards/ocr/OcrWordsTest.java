package org.diffusionnft.rewards.ocr;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.awt.Color;
import java.awt.Font;
import java.awt.GradientPaint;
import java.awt.Graphics2D;
import java.awt.GraphicsEnvironment;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.diffusionnft.images.Pixels;
import org.diffusionnft.onnx.OnnxNetwork;
import org.diffusionnft.onnx.value.NdArray;
import org.diffusionnft.rewards.RewardOptions;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.DeviceOptions;
import org.diffusionnft.tensor.Devices;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.weights.onnx.OnnxFile;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The models of the artifact {@code ocr-models}, which need no setting. */
@Tag("slow")
class OcrWordsTest {
  private static final String[] FONTS = {"SansSerif", "Serif", "Monospaced", "Dialog"};
  private static final String[] WORDS =
      ("the quick brown fox jumps over lazy dog open shop coffee fresh bread market street hotel"
           + " garden winter summer music light dream river mountain city happy birthday welcome"
           + " home sale today free love peace world future robot space rocket camera photo story"
           + " magic castle dragon forest ocean planet silver golden morning evening night storm"
           + " thunder rainbow flower butterfly kitchen library museum station airport ticket")
          .split(" ");
  private static final int SIDE = 512;

  private record Picture(Pixels pixels, String text) {}

  /** A short sentence in some font and size, on a gradient or on noise. */
  private static Picture picture(Random random) {
    BufferedImage image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = image.createGraphics();
    g.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    boolean dark = random.nextBoolean();
    g.setPaint(new GradientPaint(0, 0, shade(random, dark), SIDE, SIDE, shade(random, dark)));
    g.fillRect(0, 0, SIDE, SIDE);
    if (random.nextBoolean()) {
      noise(image, random);
    }
    StringBuilder words = new StringBuilder();
    int count = 1 + random.nextInt(4);
    for (int i = 0; i < count; i++) {
      words.append(i > 0 ? " " : "").append(WORDS[random.nextInt(WORDS.length)]);
    }
    String text = words.toString();
    int style = random.nextInt(3) == 0 ? Font.BOLD : Font.PLAIN;
    g.setFont(new Font(FONTS[random.nextInt(FONTS.length)], style, 24 + random.nextInt(40)));
    while (g.getFontMetrics().stringWidth(text) > SIDE - 40) {
      g.setFont(g.getFont().deriveFont(g.getFont().getSize2D() - 1));
    }
    g.setColor(dark ? new Color(255, 255, 230) : new Color(20, 20, 60));
    int room = SIDE - 40 - g.getFontMetrics().stringWidth(text);
    g.drawString(text, 20 + random.nextInt(Math.max(1, room)), 80 + random.nextInt(SIDE - 160));
    g.dispose();
    return new Picture(Pixels.of(image), text);
  }

  private static Color shade(Random random, boolean dark) {
    int base = dark ? 0 : 170;
    return new Color(
        base + random.nextInt(80), base + random.nextInt(80), base + random.nextInt(80));
  }

  private static void noise(BufferedImage image, Random random) {
    for (int i = 0; i < SIDE * SIDE; i++) {
      int rgb = image.getRGB(i % SIDE, i / SIDE);
      int out = 0;
      int shift = (int) (12 * random.nextGaussian());
      for (int bits = 0; bits < 24; bits += 8) {
        out |= Math.clamp((rgb >> bits & 255) + shift, 0, 255) << bits;
      }
      image.setRGB(i % SIDE, i / SIDE, out);
    }
  }

  private static String letters(String text) {
    return text.replace(" ", "");
  }

  private static void requireFonts() {
    assumeTrue(
        GraphicsEnvironment.getLocalGraphicsEnvironment().getAvailableFontFamilyNames().length > 0,
        "there are no fonts to draw with");
  }

  /** Words count as the reward counts them: by their letters, without spaces. */
  private static void reads(int pictures, double share) {
    requireFonts();
    Random random = new Random(7);
    int right = 0;
    int total = 0;
    try (Device device = Devices.openDefault(DeviceOptions.defaults())) {
      TextReader reader = OcrModels.open(RewardOptions.none("ocr"), device);
      for (int i = 0; i < pictures; i++) {
        Picture picture = picture(random);
        String read =
            reader.read(picture.pixels()).stream()
                .map(Vocabulary.Line::text)
                .collect(Collectors.joining());
        for (String word : picture.text().split(" ")) {
          total++;
          right += letters(read).contains(word) ? 1 : 0;
        }
      }
    }
    assertTrue(right >= share * total, right + " of " + total + " words");
    System.out.printf("%d of %d words in %d pictures%n", right, total, pictures);
  }

  @Test
  void readsRenderedWords() {
    reads(12, 0.97);
  }

  @Test
  void readsTwoHundredPictures() {
    reads(200, 0.97);
  }

  private static byte[] resource(String name) throws IOException {
    try (InputStream in = OcrWordsTest.class.getResourceAsStream("/models/" + name)) {
      return in.readAllBytes();
    }
  }

  /** The same files by ONNX Runtime. */
  @ParameterizedTest
  @CsvSource({
    "ch_PP-OCRv4_det_infer.onnx, 160, 224",
    "ch_PP-OCRv3_det_infer.onnx, 96, 128",
    "ch_PP-OCRv4_rec_infer.onnx, 48, 160",
    "ch_PP-OCRv3_rec_infer.onnx, 48, 96",
    "ch_ppocr_mobile_v2.0_cls_infer.onnx, 48, 192"
  })
  void agreesWithOnnxRuntime(String name, int height, int width) throws IOException, OrtException {
    byte[] bytes = resource(name);
    float[] pixels = new float[3 * height * width];
    Random random = new Random(3);
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (float) random.nextGaussian();
    }
    float[] expected;
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (OrtSession session = environment.createSession(bytes);
        OnnxTensor tensor =
            OnnxTensor.createTensor(
                environment, FloatBuffer.wrap(pixels), new long[] {1, 3, height, width})) {
      String input = session.getInputNames().iterator().next();
      try (OrtSession.Result result = session.run(Map.of(input, tensor));
          OnnxTensor out = (OnnxTensor) result.get(0)) {
        FloatBuffer buffer = out.getFloatBuffer();
        expected = new float[buffer.remaining()];
        buffer.get(expected);
      }
    }
    ByteBuffer model = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    try (Device device = Devices.openDefault(DeviceOptions.defaults())) {
      OnnxNetwork network = OnnxNetwork.of(OnnxFile.parse(Path.of(name), model), device);
      NdArray given = NdArray.floats(Shape.of(1, 3, height, width), pixels);
      NdArray actual =
          (NdArray)
              network
                  .run(Map.of(network.inputs().getFirst().name(), given))
                  .get(network.outputs().getFirst().name());
      assertEquals(expected.length, actual.count());
      for (int i = 0; i < expected.length; i++) {
        assertEquals(expected[i], actual.floats()[i], 1e-3f);
      }
    }
  }
}
