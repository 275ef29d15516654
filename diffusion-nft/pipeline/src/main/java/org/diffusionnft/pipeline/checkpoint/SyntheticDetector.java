package org.diffusionnft.pipeline.checkpoint;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.diffusionnft.models.mask2former.Mask2FormerConfig;
import org.diffusionnft.models.mask2former.Mask2FormerLayout;
import org.diffusionnft.models.mask2former.SwinConfig;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.UnaryOp;
import org.diffusionnft.weights.io.AtomicFolder;
import org.diffusionnft.weights.io.StrictJson;
import org.diffusionnft.weights.mask2former.Mask2FormerConfigFile;
import org.diffusionnft.weights.mask2former.Mask2FormerPreprocessor;
import org.diffusionnft.weights.safetensors.SafetensorsWriter;

/**
 * GenEval's detector with random values: it detects objects that do not exist, but takes the time
 * and memory of the real one.
 *
 * @param config the dimensions
 */
public record SyntheticDetector(Mask2FormerConfig config) {
  private static final int COCO = 80;

  /** Mask2Former with Swin-S for COCO's instances: 69 million parameters. */
  public static SyntheticDetector swinSmall() {
    SwinConfig swin =
        new SwinConfig(
            4, 96, List.of(2, 2, 18, 2), List.of(3, 6, 12, 24), 7, 4, true, UnaryOp.GELU_ERF, 1e-5);
    return new SyntheticDetector(
        new Mask2FormerConfig(
            swin, 256, 256, 6, 1024, 9, 2048, 8, 100, COCO, 1, false, UnaryOp.RELU));
  }

  /** The same layout in one megabyte. */
  public SyntheticDetector inMiniature() {
    SwinConfig swin =
        new SwinConfig(
            4, 16, List.of(1, 1, 2, 1), List.of(1, 1, 2, 2), 7, 2, true, UnaryOp.GELU_ERF, 1e-5);
    return new SyntheticDetector(
        new Mask2FormerConfig(swin, 32, 32, 1, 32, 2, 32, 2, 10, COCO, 1, false, UnaryOp.RELU));
  }

  /**
   * Writes a folder in transformers' layout in BF16.
   *
   * @throws IOException if it exists or cannot be written
   */
  public void write(Path out, long seed, Device device) throws IOException {
    AtomicFolder.requireNewOrEmpty(out);
    AtomicFolder.write(
        out,
        folder -> {
          StrictJson.write(folder.resolve("config.json"), Mask2FormerConfigFile.toJson(config));
          StrictJson.write(
              folder.resolve("preprocessor_config.json"),
              Mask2FormerPreprocessor.PUBLISHED.toJson());
          SafetensorsWriter.write(
              folder.resolve("model.safetensors"),
              new SyntheticTensors("MASK2FORMER", Mask2FormerLayout.parameters(config), null, seed),
              null,
              device,
              SafetensorsWriter.PYTORCH);
        });
  }
}
