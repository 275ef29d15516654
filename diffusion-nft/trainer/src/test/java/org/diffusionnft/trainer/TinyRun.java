package org.diffusionnft.trainer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.diffusionnft.models.transformer.Conditioning;
import org.diffusionnft.models.transformer.Mmdit;
import org.diffusionnft.models.transformer.MmditConfig;
import org.diffusionnft.models.transformer.MmditInit;
import org.diffusionnft.models.transformer.QkNorm;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.rewards.Reward;
import org.diffusionnft.rewards.WeightedRewards;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Philox;
import org.diffusionnft.tensor.ReferenceDevice;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.trainer.config.TrainConfig;

/** The smallest training there is: two blocks, images of 2 channels and 4 by 4 numbers. */
public final class TinyRun implements AutoCloseable {
  private static final MmditConfig TINY =
      new MmditConfig(4, 2, 2, 2, 4, 2, 6, 8, 6, 2, 2, List.of(0), QkNorm.RMS_NORM);
  private static final String SETTINGS =
      """
      seed: 3
      epochs: 2
      prompts: {promptsPerEpoch: 3, imagesPerPrompt: 4}
      sampling: {steps: 4, shift: 1, batchSize: 5}
      training: {batchSize: 3, optimizerStepsPerEpoch: 2, timestepFraction: 0.5, learningRate: 0.02}
      adapter: {rank: 2, alpha: 4}
      """;

  /** The mean of the image: easy to raise. */
  private static final Reward BRIGHTNESS =
      (images, prompts) -> {
        float[] scores = new float[images.count()];
        for (int i = 0; i < scores.length; i++) {
          for (float value : images.image(i)) {
            scores[i] += value / images.size();
          }
        }
        return scores;
      };

  private static final WeightedRewards DARKNESS =
      new WeightedRewards(
          new LinkedHashMap<>(Map.of("darkness", BRIGHTNESS)), Map.of("darkness", -1.0));

  private final Device device = new ReferenceDevice();
  private final Mmdit model =
      Mmdit.load(TINY, new MmditInit(TINY, device, 1, MmditInit.Scheme.PYTORCH));

  /** The settings of all tests with some replaced. */
  public static TrainConfig config(String changes) {
    TrainConfig base = TrainConfig.parse("test", SETTINGS, TrainConfig.official());
    return TrainConfig.parse("test", changes, base);
  }

  /** To make images bright in a run's first stage, dark in the next one, and so on. */
  List<TrainingTask> tasks(TrainConfig config) {
    return config.plan().parts().stream()
        .map(part -> part.index() % 2 == 0 ? task(part.config()) : task(part.config(), DARKNESS))
        .toList();
  }

  /** To make images bright. */
  public TrainingTask task(TrainConfig config) {
    return task(config, WeightedRewards.of("brightness", BRIGHTNESS));
  }

  TrainingTask task(TrainConfig config, WeightedRewards rewards) {
    List<Prompt> prompts = IntStream.range(0, 5).mapToObj(i -> Prompt.of("prompt " + i)).toList();
    Randomness randomness =
        new PhiloxRandomness(config.seed(), PromptPool.of(prompts), config.prompts());
    return new TrainingTask(
        model, Shape.of(2, 4, 4), TinyRun::encode, ImageDecoder.identity(), rewards, randomness);
  }

  private static Conditioning encode(Device device, List<String> texts) {
    float[] text = new float[texts.size() * 3 * 6];
    float[] pooled = new float[texts.size() * 6];
    for (int b = 0; b < texts.size(); b++) {
      Philox random = new Philox(texts.get(b).hashCode(), 0);
      System.arraycopy(random.normals(0, 18), 0, text, b * 18, 18);
      System.arraycopy(random.normals(18, 6), 0, pooled, b * 6, 6);
    }
    return Conditioning.of(
        Tensor.of(device, text, texts.size(), 3, 6), Tensor.of(device, pooled, texts.size(), 6));
  }

  @Override
  public void close() {
    model.close();
    assertEquals(0, device.memory().liveBytes(), "memory is left behind");
    device.close();
  }
}
