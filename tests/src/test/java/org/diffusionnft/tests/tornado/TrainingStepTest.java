package org.diffusionnft.tests.tornado;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.diffusionnft.models.transformer.Mmdit;
import org.diffusionnft.models.transformer.MmditConfig;
import org.diffusionnft.models.transformer.MmditInit;
import org.diffusionnft.models.transformer.QkNorm;
import org.diffusionnft.shapes.training.ShapesTask;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.DeviceActivity;
import org.diffusionnft.tensor.DeviceOptions;
import org.diffusionnft.tensor.Devices;
import org.diffusionnft.trainer.NftTrainer;
import org.diffusionnft.trainer.StepReport;
import org.diffusionnft.trainer.TrainingListener;
import org.diffusionnft.trainer.TrainingTask;
import org.diffusionnft.trainer.config.TrainConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A step like an earlier one compiles nothing and copies only its own inputs to the device. */
@EnabledIf("org.diffusionnft.tests.tornado.TornadoDevices#expected")
class TrainingStepTest {
  private static final int BATCH = 6;
  private static final int TURNS = 2;
  private static final int PIXELS = 3 * 24 * 24;
  private static final int SINUSOIDS = 256;

  /** Numbers travel 64 at a time. */
  private static final int PIECE = 64;

  private static final String SETTINGS =
      """
      seed: 5
      epochs: 1
      model: shapes
      rewards: {shapes_graded: 1, shapes_strict: 0}
      prompts: {source: shapes, promptsPerEpoch: 6, imagesPerPrompt: 3}
      sampling: {steps: 4, shift: 1, batchSize: 6}
      training: {batchSize: 6, optimizerStepsPerEpoch: 3, timestepFraction: 0.5}
      adapter: {rank: 2, alpha: 4}
      """;

  @Test
  void thereIsADevice() {
    assertFalse(TornadoDevices.names().isEmpty(), "TornadoVM is installed but found no device");
  }

  @ParameterizedTest
  @MethodSource("org.diffusionnft.tests.tornado.TornadoDevices#names")
  void laterStepsCompileNothingAndMoveTheirInputsAlone(String name) {
    TrainConfig config = TrainConfig.parse("test", SETTINGS, TrainConfig.official());
    MmditConfig size =
        new MmditConfig(24, 8, 3, 2, 8, 2, 8, 16, 8, 3, 3, List.of(0), QkNorm.RMS_NORM);
    try (Device device = Devices.open(name, new DeviceOptions(1));
        Mmdit model = Mmdit.load(size, new MmditInit(size, device, 3, MmditInit.Scheme.PYTORCH))) {
      TrainingTask task = ShapesTask.of(model, config);
      List<DeviceActivity> moments = new ArrayList<>();
      try (var rewards = task.rewards();
          NftTrainer trainer = new NftTrainer(config, task)) {
        trainer.run(
            new TrainingListener() {
              @Override
              public void stepped(StepReport report) {
                moments.add(device.activity());
              }
            });
      }
      assertEquals(3, moments.size());
      DeviceActivity second = moments.get(1).since(moments.get(0));
      DeviceActivity third = moments.get(2).since(moments.get(1));
      assertEquals(0, second.compiled(), "compiled in the second step");
      assertTrue(second.kernels() > 1000, "kernels of the second step: " + second);
      assertTrue(second.replayed() * 4 < second.kernels(), "sent one by one: " + second);
      assertEquals(second, third, "steps of one kind");
      assertEquals(0, second.onHost(), "done by the host");
      long fresh = fresh(config);
      assertTrue(second.sent() <= fresh, second + ", but fresh are only " + fresh + " bytes");
    }
  }

  /**
   * Bytes of noised images, the gradient of the loss, sinusoids of timesteps, and numbers of
   * prompts.
   */
  private static long fresh(TrainConfig config) {
    assertEquals(TURNS, config.trainedTimesteps());
    long passes = config.loss().needsReference() ? 3 : 2;
    long images = 2L * BATCH * PIXELS;
    long timesteps = passes * BATCH * SINUSOIDS;
    long prompts = 2L * whole(BATCH);
    return 4 * TURNS * (whole(images) + whole(timesteps) + prompts);
  }

  private static long whole(long numbers) {
    return (numbers + PIECE - 1) / PIECE * PIECE;
  }
}
