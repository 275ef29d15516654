package org.diffusionnft.tests.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.diffusionnft.models.transformer.MmditConfig;
import org.diffusionnft.models.transformer.MmditInit;
import org.diffusionnft.models.transformer.MmditLayout;
import org.diffusionnft.models.transformer.QkNorm;
import org.diffusionnft.shapes.model.ShapesModelFolder;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.ReferenceDevice;
import org.diffusionnft.tensor.Tensor;

/** A small model of the world that has learned nothing, and settings that train it in seconds. */
final class TinyBase {
  private TinyBase() {}

  /** Writes the model to a new folder. */
  static Path write(Path parent) throws IOException {
    MmditConfig config =
        new MmditConfig(24, 8, 3, 2, 8, 2, 8, 16, 8, 3, 3, List.of(0), QkNorm.RMS_NORM);
    Path folder = parent.resolve("base");
    try (Device device = new ReferenceDevice()) {
      MmditInit init = new MmditInit(config, device, 3, MmditInit.Scheme.PYTORCH);
      Map<String, Tensor> weights = new LinkedHashMap<>();
      MmditLayout.parameters(config)
          .forEach((name, shape) -> weights.put(name, init.get(name, shape)));
      ShapesModelFolder.write(folder, config, weights);
    }
    return folder;
  }

  /** The same in three stages of 2, 3 and more epochs that learn other things in other ways. */
  static Path stagedConfig(Path parent, Path base, int epochs) throws IOException {
    Path plain = config(parent, base);
    return Files.writeString(
        parent.resolve("staged.yaml"),
        Files.readString(plain)
                .replace("epochs: 4\n", "")
                .replace("evaluation: {", "evaluation: {rewards: {jpeg_compressibility: 0}, ")
            + """
            stages:
              - {name: first, epochs: 2}
              - name: second
                epochs: 3
                rewards: {jpeg_compressibility: 100, colour: {weight: 2, wish: ff0000}}
                prompts: {promptsPerEpoch: 2, imagesPerPrompt: 4}
                sampling: {steps: 5, batchSize: 3}
                training: {batchSize: 4, optimizerStepsPerEpoch: 2, innerEpochs: 2}
                loss: {guidanceBeta: 0.5}
                oldPolicy: {decayType: 0}
              - {name: third, epochs: %d, rewards: {shapes_graded: 1, colour: {weight: 1, wish: ff0000}}}
            """
                .formatted(epochs - 5));
  }

  /** Writes a configuration of a few images an epoch. */
  static Path config(Path parent, Path base) throws IOException {
    return Files.writeString(
        parent.resolve("tiny.yaml"),
        """
        seed: 5
        epochs: 4
        saveEvery: 1
        model: %s
        rewards: {shapes_graded: 1, shapes_strict: 0}
        prompts: {source: shapes, promptsPerEpoch: 4, imagesPerPrompt: 3}
        sampling: {steps: 4, shift: 1, batchSize: 5}
        training: {batchSize: 6, optimizerStepsPerEpoch: 1, timestepFraction: 0.5, learningRate: 1e-2}
        loss: {referenceMseWeight: 0.01}
        oldPolicy: {rate: 0.1, cap: 0.5}
        adapter: {rank: 2, alpha: 4, targets: [to_q, net.2]}
        evaluation: {every: 2, prompts: 12, sampling: {steps: 3, shift: 1}}
        """
            .formatted(base));
  }
}
