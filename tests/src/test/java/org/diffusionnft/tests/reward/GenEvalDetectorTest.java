package org.diffusionnft.tests.reward;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import org.diffusionnft.images.Images;
import org.diffusionnft.images.PictureFile;
import org.diffusionnft.images.Pixels;
import org.diffusionnft.kernels.VectorDevice;
import org.diffusionnft.models.mask2former.Mask2Former;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.rewards.RewardSettings;
import org.diffusionnft.rewards.WeightedRewards;
import org.diffusionnft.tensor.DeviceOptions;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.ReferenceDevice;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.io.StrictJson;
import org.diffusionnft.weights.mask2former.Mask2FormerCheckpoint;
import org.diffusionnft.weights.safetensors.SafetensorsFile;
import org.diffusionnft.weights.safetensors.SafetensorsWriter;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The reward {@code geneval} with its own detector, from files on disk to scores. */
@Tag("slow")
class GenEvalDetectorTest {
  private final Path golden = golden();

  @TempDir Path folder;

  private static Path golden() {
    try {
      var url =
          Objects.requireNonNull(GenEvalDetectorTest.class.getResource("/golden/mask2former"));
      return Path.of(url.toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  @BeforeEach
  void makeFiles() throws IOException {
    Files.copy(golden.resolve("weights.safetensors"), folder.resolve("model.safetensors"));
    ObjectNode config = StrictJson.readObject(golden.resolve("config.json"));
    StrictJson.write(folder.resolve("config.json"), config.path("model_config"));
    StrictJson.write(
        folder.resolve("preprocessor_config.json"), config.path("transformers_preprocessor"));
    ObjectNode input = StrictJson.readObject(folder.resolve("preprocessor_config.json"));
    input.put("resample", 2);
    StrictJson.write(folder.resolve("preprocessor_config.json"), input);
  }

  /** What DiffusionNFT's own code makes of a picture, wherever it asks for no colors. */
  @Test
  void scoresAreThoseOfTheReferenceCode() throws IOException {
    List<Prompt> prompts = new ArrayList<>();
    List<Double> expected = new ArrayList<>();
    List<Double> strict = new ArrayList<>();
    for (JsonNode row : recorded()) {
      if (row.path("path").asText().equals("diffusion_nft") && row.path("color_calls").isEmpty()) {
        prompts.add(prompt(row.path("metadata")));
        expected.add(row.path("result").path("score").asDouble());
        strict.add(row.path("result").path("strict_reward").asDouble());
      }
    }
    assertTrue(prompts.size() > 8, prompts.size() + " prompts");
    Images images = pictures("image0.png", prompts.size());
    try (WeightedRewards rewards = open(Map.of("channels", "bgr"))) {
      assertScores(expected, rewards.score(images, prompts).total());
    }
    try (WeightedRewards rewards = open(Map.of("channels", "bgr", "strict", "true"))) {
      assertScores(strict, rewards.score(images, prompts).total());
    }
  }

  /** What GenEval's own evaluation makes of it. */
  @Test
  void theBenchmarkIsThatOfGenEval() throws IOException {
    List<Prompt> prompts = new ArrayList<>();
    List<Double> expected = new ArrayList<>();
    for (JsonNode row : recorded()) {
      boolean first = row.path("image").asInt() == 0;
      if (first
          && row.path("path").asText().equals("geneval")
          && row.path("color_calls").isEmpty()) {
        prompts.add(prompt(row.path("metadata")));
        expected.add(row.path("result").path("correct").asBoolean() ? 1.0 : 0.0);
      }
    }
    assertTrue(expected.contains(1.0) && expected.contains(0.0), expected.toString());
    try (WeightedRewards rewards = open(Map.of("benchmark", "true"))) {
      assertScores(
          expected, rewards.score(pictures("image0.png", prompts.size()), prompts).total());
    }
    assertRefused(Map.of("benchmark", "true", "strict", "true"), "both strict and benchmark");
  }

  private ArrayNode recorded() throws IOException {
    return StrictJson.readArray(golden.resolve("geneval_results.json"));
  }

  private static void assertScores(List<Double> expected, float[] found) {
    float[] wanted = new float[expected.size()];
    for (int i = 0; i < wanted.length; i++) {
      wanted[i] = expected.get(i).floatValue();
    }
    assertArrayEquals(wanted, found, 1e-6f);
  }

  /** Four cows more than are asked for, and channels that are not exchanged. */
  @Test
  void optionsChangeWhatIsSeen() {
    List<Prompt> prompts = List.of(of("cow", 7));
    Images images = pictures("image0.png", 1);
    assertEquals(1, score(images, prompts, Map.of()), 1e-6);
    assertEquals(5 / 7.0, score(images, prompts, Map.of("channels", "bgr")), 1e-6);
    assertEquals(1 / 7.0, score(images, prompts, Map.of("threshold", "0.95")), 1e-6);
    assertEquals(3 / 7.0, score(images, prompts, Map.of("maxObjects", "3")), 1e-6);
    assertEquals(6 / 7.0, score(images, prompts, Map.of("maxOverlap", "0.999")), 1e-6);
  }

  private float score(Images images, List<Prompt> prompts, Map<String, String> options) {
    try (WeightedRewards rewards = open(options)) {
      return rewards.score(images, prompts).total()[0];
    }
  }

  /** mmdet's file has no configuration beside it, and no names of classes. */
  @Test
  void aFileOfMmdetTakesItsNamesFromAnother() throws IOException {
    Path file = golden.resolve("weights_mmdet.safetensors");
    assertRefused(
        Map.of("detector", file.toString()),
        "tells 8 classes apart and names none of them, where GenEval's detector has the 80 of"
            + " COCO");
    Path names = folder.resolve("names.txt");
    Files.writeString(names, "a\nb\ncow\nd\n");
    Map<String, String> options =
        Map.of("detector", file.toString(), "labels", names.toString(), "channels", "rgb");
    assertRefused(options, "has 4 lines, but the detector in");
    Files.writeString(names, "a\nb\ncow\nd\ne\nf\ng\nh\n");
    // a side of 800 instead of 80: another picture for the network, but one that it takes
    assertTrue(Float.isFinite(score(pictures("image0.png", 1), List.of(of("cow", 7)), options)));
  }

  @Test
  void promptsThatTheDetectorCannotJudgeAreRefused() {
    try (WeightedRewards rewards = open(Map.of())) {
      rewards.check(of("cow", 2));
      InvalidInputException unknown =
          assertThrows(InvalidInputException.class, () -> rewards.check(of("unicorn", 1)));
      assertTrue(
          String.valueOf(unknown.getMessage())
              .startsWith(
                  "the prompt asks for a 'unicorn', which is none of the 8 classes of the"
                      + " detector"),
          unknown.getMessage());
      Map<String, Object> red = Map.of("class", "cow", "count", 1, "color", "red");
      Prompt colored = new Prompt("p", Map.of("tag", "colors", "include", List.of(red)));
      InvalidInputException colors =
          assertThrows(InvalidInputException.class, () -> rewards.check(colored));
      assertTrue(
          String.valueOf(colors.getMessage()).contains("rewards.geneval.colorModel"),
          colors.getMessage());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"window_size\":7    | \"window_size\":700 | window_size is 700 but must be from 1 to 64",
        "\"num_queries\":8    | \"num_queries\":-8 | num_queries is -8 but must be from 1 to 10000",
        "\"hidden_dim\":32    | \"hidden_dim\":33 | but only that of hidden_dim, 33, is supported",
        "\"embed_dim\":12     | \"embed_dim\":24 | has shape [12, 3, 4, 4], but [24, 3, 4, 4]",
        "\"model_type\":\"swin\" | \"model_type\":\"resnet\" | but only swin is supported",
        "\"pre_norm\":false   | \"pre_norm\":3 | needs true or false under 'pre_norm'",
        "\"common_stride\":4  | \"common_stride\":64 | has common_stride 64",
        "\"depths\":[2,2,3,1] | \"depths\":[2,2,3,1000000000] | depths is 1000000000",
        "\"depths\":[2,2,3,1] | \"depths\":[2,2] | has out_features other than all stages",
        "\"num_heads\":[1,2,3,4] | \"num_heads\":[1,2] | num_heads has 2 stages, but depths has 4",
        "\"num_heads\":[1,2,3,4] | \"num_heads\":[1,2,3,5] | is no multiple of its num_heads 5",
        "\"0\":\"person\"     | \"9\":\"person\" | but none for class 0",
        "\"hidden_act\":\"gelu\" | \"hidden_act\":\"tan\" | but only gelu, gelu_new, relu are",
        "\"use_absolute_embeddings\":false | \"use_absolute_embeddings\":true | has the option",
      })
  void configurationsThatDoNotFit(String from, String to, String message) throws IOException {
    Path config = folder.resolve("config.json");
    String text = Files.readString(config).replaceAll("\\s*([:,\\[\\]{}])\\s*", "$1");
    assertTrue(text.contains(from), text);
    Files.writeString(config, text.replace(from, to));
    assertRefused(Map.of(), message);
  }

  @Test
  void filesThatDoNotFitAreTold() throws IOException {
    assertRefused(Map.of("detector", "absent"), "needs GenEval's detector, and there is no absent");
    assertRefused(Map.of("command", "cat"), "and a program of its own as well");
    assertRefused(Map.of("channels", "rbg"), "rewards.geneval.channels must be bgr or rgb");
    assertRefused(Map.of("treshold", "0.3"), "unknown key rewards.geneval.treshold");
    assertRefused(Map.of("threshold", "3"), "must be a number from 0.0 to 1.0, not '3'");
    Path input = folder.resolve("preprocessor_config.json");
    Files.writeString(input, Files.readString(input).replaceAll("\\b80\\b", "80000"));
    assertRefused(Map.of(), "size is 80000 to 133, but must be from 1 to 8192");
    Files.delete(input);
    try (ReferenceDevice host = new ReferenceDevice()) {
      Path file = folder.resolve("model.safetensors");
      Map<String, Tensor> weights = new LinkedHashMap<>();
      try (SafetensorsFile all = SafetensorsFile.open(file)) {
        for (String name : all.names()) {
          float[] copy = all.tensor(name, host).toFloats();
          weights.put(name, Tensor.of(host, copy, all.shape(name).dims()));
        }
      }
      weights.remove("class_predictor.bias");
      SafetensorsWriter.write(file, weights, Map.of());
      assertRefused(Map.of(), "1 missing: class_predictor.bias");
      weights.remove("model.transformer_module.queries_features.weight");
      SafetensorsWriter.write(file, weights, Map.of());
      assertRefused(Map.of(), "holds no Mask2Former");
    }
  }

  /** Nothing is left to plain loops, and a picture's memory is given back. */
  @Test
  void theVectorDeviceHasAllKernels() throws IOException {
    try (VectorDevice device = new VectorDevice(new DeviceOptions(2));
        Mask2FormerCheckpoint checkpoint = Mask2FormerCheckpoint.open(folder);
        Mask2Former model = checkpoint.load(device)) {
      long live = device.memory().liveBytes();
      try (Memory.Scope _ = device.memory().scope()) {
        model.forward(Tensor.of(device, new float[3 * 50 * 70], 1, 3, 50, 70));
      }
      assertEquals(live, device.memory().liveBytes());
      assertEquals(Map.of(), device.fallbacks());
    }
  }

  private static Prompt of(String label, int count) {
    return new Prompt(
        "p",
        Map.of("tag", "two_object", "include", List.of(Map.of("class", label, "count", count))));
  }

  @SuppressWarnings("unchecked")
  private static Prompt prompt(JsonNode metadata) {
    return new Prompt("p", (Map<String, Object>) StrictJson.plain(metadata));
  }

  /** One picture several times. */
  private Images pictures(String name, int count) {
    try {
      Pixels picture = Pixels.of(PictureFile.read(golden.resolve(name)));
      int plane = picture.width() * picture.height();
      float[] values = new float[count * 3 * plane];
      for (int i = 0; i < values.length; i++) {
        int at = i % (3 * plane);
        values[i] = (picture.rgb()[at % plane * 3 + at / plane] & 0xff) / 127.5f - 1;
      }
      return new Images(values, 3, picture.height(), picture.width());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private void assertRefused(Map<String, String> options, String message) {
    InvalidInputException e =
        assertThrows(InvalidInputException.class, () -> open(options).close());
    assertTrue(String.valueOf(e.getMessage()).contains(message), e.getMessage());
  }

  private WeightedRewards open(Map<String, String> more) {
    Map<String, String> options = new LinkedHashMap<>();
    options.put("detector", folder.toString());
    options.put("device", "reference");
    options.putAll(more);
    SequencedMap<String, RewardSettings> settings = new LinkedHashMap<>();
    settings.put("geneval", new RewardSettings(1, new LinkedHashMap<>(options)));
    return WeightedRewards.open(settings);
  }
}
