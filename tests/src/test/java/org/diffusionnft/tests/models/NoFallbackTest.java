package org.diffusionnft.tests.models;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.kernels.VectorDevice;
import org.diffusionnft.models.WeightSource;
import org.diffusionnft.models.adapter.ForwardPass;
import org.diffusionnft.models.transformer.Conditioning;
import org.diffusionnft.models.transformer.Mmdit;
import org.diffusionnft.models.transformer.MmditConfig;
import org.diffusionnft.models.transformer.MmditInit;
import org.diffusionnft.models.transformer.QkNorm;
import org.diffusionnft.shapes.training.ShapesTask;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.DeviceOptions;
import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.trainer.NftTrainer;
import org.diffusionnft.trainer.TrainingListener;
import org.diffusionnft.trainer.TrainingTask;
import org.diffusionnft.trainer.config.TrainConfig;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The vector device has kernels for all that models and training do: one operation that falls back
 * to the reference device's plain loops would take longer than the rest together.
 */
@Tag("slow")
class NoFallbackTest {
  private static final String SETTINGS =
      """
      seed: 5
      epochs: 1
      model: shapes
      rewards: {shapes_graded: 1, shapes_strict: 0}
      prompts: {source: shapes, promptsPerEpoch: 2, imagesPerPrompt: 3}
      sampling: {steps: 2, shift: 1, batchSize: 6}
      training: {batchSize: 6, optimizerStepsPerEpoch: 1, timestepFraction: 0.5}
      adapter: {rank: 2, alpha: 4}
      """;

  private final VectorDevice device = new VectorDevice(new DeviceOptions(2));

  @AfterEach
  void close() {
    device.close();
  }

  /** Stable Diffusion 3.5's layers, small: joint attention, dual attention, the last block. */
  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16", "F16"})
  void theForwardPass(DType stored) {
    MmditConfig config =
        new MmditConfig(16, 2, 16, 3, 64, 2, 40, 128, 32, 16, 12, List.of(0), QkNorm.RMS_NORM);
    try (Mmdit model = Mmdit.load(config, new Stored(init(config), stored), name -> false);
        Memory.Scope scope = device.memory().scope()) {
      Tensor x = TinyMmdit.random(device, 1, 2, 16, 8, 8);
      Conditioning prompt =
          Conditioning.of(
              TinyMmdit.random(device, 2, 2, 5, 40), TinyMmdit.random(device, 3, 2, 32));
      model.forward(Variable.constant(x), TinyMmdit.TIMESTEPS, prompt, ForwardPass.BASE);
    }
    assertEquals(Map.of(), device.fallbacks());
  }

  @Test
  void theTrainingStep() {
    TrainConfig config = TrainConfig.parse("test", SETTINGS, TrainConfig.official());
    MmditConfig size =
        new MmditConfig(24, 8, 3, 2, 8, 2, 8, 16, 8, 3, 3, List.of(0), QkNorm.RMS_NORM);
    try (Mmdit model = Mmdit.load(size, init(size))) {
      TrainingTask task = ShapesTask.of(model, config);
      try (var rewards = task.rewards();
          NftTrainer trainer = new NftTrainer(config, task)) {
        trainer.run(new TrainingListener() {});
      }
    }
    assertEquals(Map.of(), device.fallbacks());
  }

  /** The test must be able to fail. */
  @Test
  void aFallbackIsNoticed() {
    Tensor x = Tensor.full(device, DType.F64, Shape.of(3), 1);
    Elementwise.add(x, x);
    assertTrue(device.fallbacks().containsKey("binary of F64"), device.fallbacks().toString());
  }

  private MmditInit init(MmditConfig config) {
    return new MmditInit(config, device, 3, MmditInit.Scheme.PYTORCH);
  }

  /** Weights as a checkpoint stores them. */
  private record Stored(WeightSource source, DType dtype) implements WeightSource {
    @Override
    public Set<String> names() {
      return source.names();
    }

    @Override
    public Tensor get(String name, Shape expected) {
      Tensor weight = source.get(name, expected);
      return dtype == weight.dtype() ? weight : Elementwise.convert(weight, dtype);
    }
  }
}
