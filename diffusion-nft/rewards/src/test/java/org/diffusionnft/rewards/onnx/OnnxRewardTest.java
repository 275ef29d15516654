package org.diffusionnft.rewards.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.diffusionnft.images.Images;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.rewards.Reward;
import org.diffusionnft.rewards.RewardOptions;
import org.diffusionnft.tensor.InvalidInputException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OnnxRewardTest {
  private static final List<Prompt> PROMPTS = List.of(Prompt.of("a"), Prompt.of("b"));

  @TempDir private Path folder;
  private Path model;

  private static byte[] field(int number, byte[] value) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(number << 3 | 2);
    out.write(value.length);
    out.writeBytes(value);
    return out.toByteArray();
  }

  private static byte[] text(int number, String value) {
    return field(number, value.getBytes(StandardCharsets.UTF_8));
  }

  private static byte[] joined(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Arrays.stream(parts).forEach(out::writeBytes);
    return out.toByteArray();
  }

  /** The mean of all numbers of a picture. */
  @BeforeEach
  void mean() throws IOException {
    byte[] node = joined(text(1, "x"), text(2, "y"), text(4, "ReduceMean"));
    byte[] graph = joined(field(1, node), field(11, text(1, "x")), field(12, text(1, "y")));
    byte[] opset = {16, 17};
    model = Files.write(folder.resolve("mean.onnx"), joined(field(8, opset), field(7, graph)));
  }

  private Reward open(String... options) {
    Map<String, String> all = new HashMap<>(Map.of("model", model.toString()));
    for (int i = 0; i < options.length; i += 2) {
      all.put(options[i], options[i + 1]);
    }
    return new OnnxReward.Provider().open(new RewardOptions("mine", all));
  }

  private static Images pictures() {
    float[] values = new float[2 * 3 * 8 * 8];
    Arrays.fill(values, -1); // black, and then white
    Arrays.fill(values, values.length / 2, values.length, 1);
    return new Images(values, 3, 8, 8);
  }

  @Test
  void scoresAreWhatTheNetworkGives() {
    try (Reward reward = open("preprocessing", "unit", "size", "4")) {
      assertArrayEquals(new float[] {0, 1}, reward.score(pictures(), PROMPTS), 1e-6f);
    }
    try (Reward reward = open("preprocessing", "signed", "size", "4", "device", "reference")) {
      assertArrayEquals(new float[] {-1, 1}, reward.score(pictures(), PROMPTS), 1e-6f);
    }
  }

  @Test
  void wrongOptionsAreOneSentence() {
    String way = refusal("preprocessing", "magic");
    assertTrue(way.contains("clip, imagenet, unit or signed"), way);
    assertTrue(refusal("output", "z").contains("the network gives y"));
    assertTrue(refusal("model", folder.resolve("no.onnx").toString()).contains("no such file"));
    assertTrue(refusal("colum", "1").contains("unknown key rewards.mine.colum"));
    assertEquals(0, refusal("size", "0").lines().skip(1).count());
  }

  @Test
  void whatTheNetworkCannotDoWithAPictureIsSaidAtTheStart() throws IOException {
    String number = refusal("column", "3", "size", "4");
    assertTrue(number.contains("reward 'mine': " + model + ": output 'y'"), number);
    assertTrue(number.contains("number 3 of it"), number);
    byte[] flat = joined(text(1, "x"), text(1, "x"), text(2, "y"), text(4, "Gemm"));
    byte[] graph = joined(field(1, flat), field(11, text(1, "x")), field(12, text(1, "y")));
    Files.write(model, joined(field(8, new byte[] {16, 17}), field(7, graph)));
    String shape = refusal("size", "4");
    assertTrue(shape.contains("needs a tensor of 2 dimensions, not float[1, 3, 4, 4]"), shape);
  }

  @Test
  void theTensorThatHoldsNaNIsNamed() throws IOException {
    byte[] weight =
        joined(
            new byte[] {16, 1}, // one float, without dimensions
            text(8, "scale"),
            field(9, new byte[] {0, 0, (byte) 0xc0, 0x7f}));
    byte[] mean = joined(text(1, "x"), text(2, "m"), text(4, "ReduceMean"));
    byte[] scaled = joined(text(1, "m"), text(1, "scale"), text(2, "y"), text(4, "Mul"));
    byte[] graph =
        joined(
            field(1, mean),
            field(1, scaled),
            field(5, weight),
            field(11, text(1, "x")),
            field(12, text(1, "y")));
    Files.write(model, joined(field(8, new byte[] {16, 17}), field(7, graph)));
    try (Reward reward = open("size", "4")) {
      Exception e =
          assertThrows(InvalidInputException.class, () -> reward.score(pictures(), PROMPTS));
      assertTrue(e.getMessage().contains("tensor 'scale' holds NaN"), e.getMessage());
    }
  }

  @Test
  void aNetworkWithoutOutputsIsSaid() throws IOException {
    byte[] graph = field(11, text(1, "x"));
    Files.write(model, joined(field(8, new byte[] {16, 17}), field(7, graph)));
    assertTrue(refusal().contains("gives nothing"));
  }

  private String refusal(String... options) {
    return assertThrows(InvalidInputException.class, () -> open(options)).getMessage();
  }
}
