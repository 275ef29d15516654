package org.diffusionnft.shapes.pretrain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.diffusionnft.models.transformer.MmditConfig;
import org.diffusionnft.models.transformer.QkNorm;
import org.diffusionnft.shapes.WordVectors;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.ReferenceDevice;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.OutputException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class PretrainerTest {
  private static final MmditConfig TINY =
      new MmditConfig(24, 8, 3, 2, 4, 2, 8, 8, 8, 3, 3, List.of(0), QkNorm.RMS_NORM);
  private static final PretrainSettings SETTINGS = settings(4, 2, 1e-2, 3);

  @TempDir private Path folder;

  @Test
  void aResumedRunGivesTheSameBytes() throws Exception {
    try (Device device = new ReferenceDevice()) {
      Path whole = folder.resolve("whole");
      run(PretrainRun.start(whole, device, TINY, SETTINGS), 1);

      Path first = folder.resolve("first");
      try (Pretrainer pretrainer = new Pretrainer(device, TINY, SETTINGS)) {
        pretrainer.runTo(2, _ -> {});
        Files.createDirectories(first.resolve("state"));
        pretrainer.save(first.resolve("state/state.safetensors"));
        pretrainer.runTo(3, _ -> {}); // what a killed run did after its last checkpoint is lost
      }
      PretrainRun resumed = PretrainRun.resume(first, device, TINY);
      assertEquals(2, resumed.step());
      run(resumed, 4);

      for (String file :
          List.of("transformer/diffusion_pytorch_model.safetensors", "state/state.safetensors")) {
        assertArrayEquals(
            Files.readAllBytes(whole.resolve(file)), Files.readAllBytes(first.resolve(file)), file);
      }
    }
  }

  @Test
  void noMemoryIsLeftInUseAfterAStep() throws Exception {
    try (Device device = new ReferenceDevice();
        Pretrainer pretrainer = new Pretrainer(device, TINY, SETTINGS)) {
      pretrainer.runTo(1, _ -> {});
      long live = device.memory().liveBytes();
      pretrainer.runTo(3, _ -> {});
      assertEquals(live, device.memory().liveBytes());
    }
  }

  @Test
  void learns() throws Exception {
    PretrainSettings settings = settings(60, 4, 1e-2, 3);
    List<Double> losses = new ArrayList<>();
    try (Device device = new ReferenceDevice();
        Pretrainer pretrainer = new Pretrainer(device, TINY, settings)) {
      pretrainer.runTo(60, step -> losses.add(step.loss()));
    }
    double before = losses.subList(0, 5).stream().mapToDouble(d -> d).average().orElseThrow();
    double after = losses.subList(55, 60).stream().mapToDouble(d -> d).average().orElseThrow();
    assertTrue(after < 0.85 * before, before + " -> " + after);
  }

  @Test
  void batchesDependOnTheStepAlone() {
    ShapesBatches batches = new ShapesBatches(SETTINGS, new WordVectors(8));
    ShapesBatch second = batches.at(2);
    batches.at(1);
    assertArrayEquals(second.noised(), batches.at(2).noised());
    assertFalse(Arrays.equals(second.noised(), batches.at(1).noised()));
    for (int i = 0; i < second.target().length; i++) {
      // noised - σ target = image, which lies in [-1, 1]
      float sigma = second.levels()[i / (second.target().length / 2)];
      float image = second.noised()[i] - sigma * second.target()[i];
      assertTrue(Math.abs(image) < 1.0001, "pixel " + image);
    }
  }

  @Test
  void theLearningRateRisesAndFalls() {
    PretrainSettings s = settings(1000, 1, 2e-3, 0);
    assertEquals(2e-5, s.learningRate(1), 1e-7);
    assertEquals(2e-3, s.learningRate(100), 1e-4);
    assertEquals(2e-3 * (0.5 * 0.98 + 0.02), s.learningRate(500), 1e-9);
    assertEquals(4e-5, s.learningRate(1000), 1e-12);
  }

  @Test
  void anotherModelsStateIsRefused() throws Exception {
    try (Device device = new ReferenceDevice()) {
      Path file = folder.resolve("state.safetensors");
      try (Pretrainer pretrainer = new Pretrainer(device, TINY, SETTINGS)) {
        pretrainer.save(file);
      }
      MmditConfig other =
          new MmditConfig(24, 8, 3, 2, 8, 2, 8, 16, 8, 3, 3, List.of(0), QkNorm.RMS_NORM);
      InvalidFileException e =
          assertThrows(InvalidFileException.class, () -> Pretrainer.resume(device, other, file));
      assertTrue(e.getMessage().contains("should be F32 [16, 3, 8, 8]"), e.getMessage());
      assertEquals(0, device.memory().liveBytes());
    }
  }

  @Test
  void aFolderThatIsNotEmptyIsRefused() throws Exception {
    Files.writeString(folder.resolve("something"), "");
    try (Device device = new ReferenceDevice()) {
      assertThrows(OutputException.class, () -> PretrainRun.start(folder, device, TINY, SETTINGS));
    }
  }

  private static void run(PretrainRun run, int interval) throws Exception {
    try (run) {
      run.train(interval, _ -> {});
    }
  }

  private static PretrainSettings settings(int steps, int batch, double learningRate, long seed) {
    return PretrainSettings.SHAPES
        .withSteps(steps)
        .withBatch(batch)
        .withLearningRate(learningRate)
        .withSeed(seed);
  }
}
