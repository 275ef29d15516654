package org.diffusionnft.shapes.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.diffusionnft.models.transformer.Mmdit;
import org.diffusionnft.models.transformer.MmditInit;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.rewards.WeightedRewards;
import org.diffusionnft.shapes.Captions;
import org.diffusionnft.shapes.WordVectors;
import org.diffusionnft.shapes.model.ShapesModelConfig;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.DeviceOptions;
import org.diffusionnft.tensor.Devices;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.trainer.ImageDecoder;
import org.diffusionnft.trainer.NftTrainer;
import org.diffusionnft.trainer.PhiloxRandomness;
import org.diffusionnft.trainer.PromptPool;
import org.diffusionnft.trainer.TrainingListener;
import org.diffusionnft.trainer.TrainingTask;
import org.diffusionnft.trainer.config.TrainConfig;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A run of the shipped model's size has the same bits whatever the number of threads. */
@Tag("slow")
class ThreadCountTest {
  private static final String SETTINGS =
      """
      prompts: {promptsPerEpoch: 2, imagesPerPrompt: 3}
      sampling: {steps: 3, shift: 1, batchSize: 4}
      training: {batchSize: 3, timestepFraction: 0.7, learningRate: 1e-3}
      adapter: {rank: 8, alpha: 16, targets: [to_q, add_k_proj, net.2, norm1.linear]}
      """;

  @Test
  void bitsDoNotDependOnThreads() {
    List<float[]> one = trained(1);
    List<float[]> three = trained(3);
    assertEquals(one.size(), three.size());
    for (int i = 0; i < one.size(); i++) {
      assertArrayEquals(one.get(i), three.get(i));
    }
  }

  private static List<float[]> trained(int threads) {
    TrainConfig config = TrainConfig.parse("test", SETTINGS, TrainConfig.official());
    WordVectors vectors = new WordVectors(ShapesModelConfig.BASE.jointAttentionDim());
    List<Prompt> prompts = List.of(Prompt.of("a red circle"), Prompt.of("two squares"));
    WeightedRewards brightness =
        WeightedRewards.of(
            "brightness",
            (images, _) -> {
              float[] scores = new float[images.count()];
              for (int i = 0; i < scores.length; i++) {
                scores[i] = images.image(i)[0];
              }
              return scores;
            });
    try (Device device = Devices.open("vector", new DeviceOptions(threads));
        Mmdit model =
            Mmdit.load(
                ShapesModelConfig.BASE,
                new MmditInit(ShapesModelConfig.BASE, device, 1, MmditInit.Scheme.PYTORCH));
        NftTrainer trainer =
            new NftTrainer(
                config,
                new TrainingTask(
                    model,
                    Shape.of(3, 24, 24),
                    (d, texts) -> Captions.encode(d, vectors, texts),
                    ImageDecoder.identity(),
                    brightness,
                    new PhiloxRandomness(1, PromptPool.of(prompts), config.prompts())))) {
      trainer.runEpoch(TrainingListener.NONE);
      return trainer.policy().parameters().stream().map(p -> p.value().toFloats()).toList();
    }
  }
}
