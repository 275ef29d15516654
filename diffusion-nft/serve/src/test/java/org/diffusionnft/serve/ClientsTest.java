package org.diffusionnft.serve;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.models.images.ImageGenerateParams;
import dev.langchain4j.model.openai.OpenAiImageModel;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.diffusionnft.images.Images;
import org.diffusionnft.images.Png;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.rewards.RewardSettings;
import org.diffusionnft.rewards.WeightedRewards;
import org.diffusionnft.shapes.ShapesPictures;
import org.diffusionnft.shapes.model.ShapesModel;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.DeviceOptions;
import org.diffusionnft.tensor.Devices;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The model of ShapesWorld, served to clients that people use. */
@Tag("slow")
class ClientsTest {
  private static final int REQUESTS = 200;
  private static final List<String> PROMPTS =
      List.of("a red circle", "two blue squares", "a green triangle above a red circle");

  private static Device device;
  private static ShapesMaker maker;
  private static WeightedRewards rewards;
  private static ImageServer server;

  @BeforeAll
  static void start() throws IOException {
    device = Devices.openDefault(DeviceOptions.defaults());
    maker = ShapesMaker.open(null, new LinkedHashMap<>(), device);
    LinkedHashMap<String, RewardSettings> scored = new LinkedHashMap<>();
    scored.put("shapes_strict", RewardSettings.of(1));
    scored.put("shapes_graded", RewardSettings.of(0.5));
    rewards = WeightedRewards.open(scored);
    server =
        ImageServer.start(
            new ImageServer.Settings("127.0.0.1", 0, 2 * REQUESTS, Duration.ofMinutes(10)),
            maker,
            rewards,
            ApiKeys.none(),
            Throwable::printStackTrace);
  }

  @AfterAll
  static void stop() {
    server.close();
    rewards.close();
    maker.close();
    device.close();
  }

  private static OpenAIClient openAi() {
    return OpenAIOkHttpClient.builder()
        .baseUrl(server.address() + "v1")
        .apiKey("none")
        .timeout(Duration.ofMinutes(10))
        .maxRetries(0)
        .build();
  }

  private static byte[] ask(OpenAIClient client, String prompt, long seed) {
    ImageGenerateParams params =
        ImageGenerateParams.builder()
            .prompt(prompt)
            .model("base")
            .putAdditionalBodyProperty("seed", JsonValue.from(seed))
            .build();
    String text =
        client.images().generate(params).data().orElseThrow().getFirst().b64Json().orElseThrow();
    return Base64.getDecoder().decode(text);
  }

  /** What {@code dnft sample} writes, which makes the picture with a sampler of the model. */
  private static byte[] expected(String prompt, long seed) throws IOException {
    try (var model = ShapesModel.shipped(device)) {
      float[] image = ShapesModel.sampler(model).sample(List.of(prompt), seed, _ -> {}).getFirst();
      return Png.encode(ShapesPictures.sheet(1, 8, List.of(image), List.of(prompt)));
    }
  }

  @Test
  void twoHundredAtOnceAreAllAnsweredRight() throws Exception {
    OpenAIClient client = openAi();
    try (ExecutorService threads = Executors.newFixedThreadPool(REQUESTS)) {
      List<Future<byte[]>> answers = new ArrayList<>();
      for (int i = 0; i < REQUESTS; i++) {
        String prompt = PROMPTS.get(i % PROMPTS.size());
        long seed = i / PROMPTS.size() % 4;
        answers.add(threads.submit(() -> ask(client, prompt, seed)));
      }
      List<byte[]> right = new ArrayList<>();
      for (int i = 0; i < 4 * PROMPTS.size(); i++) {
        right.add(expected(PROMPTS.get(i % PROMPTS.size()), i / PROMPTS.size()));
      }
      for (int i = 0; i < REQUESTS; i++) {
        assertArrayEquals(right.get(i % right.size()), answers.get(i).get(), "request " + i);
      }
    } finally {
      client.close();
    }
  }

  @Test
  void langChain4jDraws() throws IOException {
    OpenAiImageModel model =
        OpenAiImageModel.builder()
            .baseUrl(server.address() + "v1")
            .apiKey("none")
            .modelName("base")
            .responseFormat("b64_json")
            .timeout(Duration.ofMinutes(5))
            .maxRetries(0)
            .build();
    byte[] picture =
        Base64.getDecoder().decode(model.generate("a red circle").content().base64Data());
    assertArrayEquals(expected("a red circle", 0), picture);
  }

  /** The reward {@code http} of a training asks another machine as it asks this server. */
  @Test
  void theTrainersRewardHttpIsAnswered() throws Exception {
    LinkedHashMap<String, String> options = new LinkedHashMap<>();
    options.put("type", "http");
    options.put("url", server.address() + "v1/rewards");
    LinkedHashMap<String, RewardSettings> settings = new LinkedHashMap<>();
    settings.put("far", new RewardSettings(1, options));
    List<Prompt> prompts = PROMPTS.stream().map(Prompt::of).toList();
    try (WeightedRewards far = WeightedRewards.open(settings);
        var model = ShapesModel.shipped(device)) {
      List<float[]> images = ShapesModel.sampler(model).sample(PROMPTS, 3, _ -> {});
      float[] all = new float[images.size() * images.getFirst().length];
      for (int i = 0; i < images.size(); i++) {
        System.arraycopy(images.get(i), 0, all, i * images.get(i).length, images.get(i).length);
      }
      int side = (int) Math.sqrt(images.getFirst().length / 3.0);
      Images batch = new Images(all, 3, side, side);
      // The judge here sees the picture as the PNG file has it, in bytes.
      Images asBytes = Images.of(batch.pixels(0));
      float near = rewards.score(asBytes, prompts.subList(0, 1)).total()[0];
      float[] scores = far.score(batch, prompts).total();
      assertEquals(near, scores[0]);
      assertEquals(3, scores.length);
    }
  }
}
