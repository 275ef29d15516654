package org.diffusionnft.weights.blip;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.diffusionnft.models.blip.BlipTextConfig;
import org.diffusionnft.models.blip.BlipVisionConfig;
import org.diffusionnft.models.blip.ImageRewardModel;
import org.diffusionnft.models.clip.LinearHead;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Opening;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.weights.CheckpointWeights;
import org.diffusionnft.weights.TensorShapes;
import org.diffusionnft.weights.TensorSource;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.singlefile.ModelFamily;
import org.diffusionnft.weights.torch.TensorFiles;

/**
 * ImageReward on disk: {@code ImageReward.pt}, from which only tensors are read, or a safetensors
 * file with the same names. It must stay open while a model uses its tensors.
 *
 * @param vision dimensions of the image encoder
 * @param text dimensions of the text encoder
 * @param head output widths of the head's layers, except the last
 * @param tensors under the names of {@code ImageReward.pt}
 */
public record ImageRewardCheckpoint(
    BlipVisionConfig vision, BlipTextConfig text, List<Integer> head, TensorSource tensors)
    implements AutoCloseable {
  private static final String VISION = "blip.visual_encoder.";
  private static final String TEXT = "blip.text_encoder.";
  private static final String FIRST_KEY = "encoder.layer.0.crossattention.self.key.weight";
  private static final double VISION_EPS = 1e-6;
  private static final double TEXT_EPS = 1e-12;
  private static final int HEAD_SIZE = 64; // of all published BLIP models
  private static final int HEAD_LAYERS = 5;

  /**
   * Opens a file.
   *
   * @throws InvalidFileException if it is missing or not ImageReward's
   */
  public static ImageRewardCheckpoint open(Path file) throws InvalidFileException {
    return open(file, 0, 0);
  }

  /**
   * Opens a file whose attention heads may differ from the published size, which cannot be inferred
   * from tensors.
   *
   * @param visionHeads of the image encoder, 0 for heads of 64
   * @param textHeads of the text encoder, 0 for heads of 64
   * @throws InvalidFileException if it is missing or not ImageReward's
   */
  public static ImageRewardCheckpoint open(Path file, int visionHeads, int textHeads)
      throws InvalidFileException {
    try (Opening opening = new Opening()) {
      TensorSource tensors = opening.add(TensorFiles.open(file));
      return opening.done(of(tensors, visionHeads, textHeads));
    }
  }

  /**
   * The checkpoint with these tensors.
   *
   * @throws InvalidFileException if they are not ImageReward's
   */
  public static ImageRewardCheckpoint of(TensorSource tensors, int visionHeads, int textHeads)
      throws InvalidFileException {
    if (!tensors.names().contains(TEXT + FIRST_KEY)) {
      throw new InvalidFileException(
          tensors.path(), "holds no ImageReward model: " + ModelFamily.sentence(tensors.names()));
    }
    List<Integer> head = new ArrayList<>();
    for (int i = 0; i < HEAD_LAYERS - 1; i++) {
      head.add(TensorShapes.require(tensors, "mlp." + LinearHead.weight(i), 2).intDim(0));
    }
    try {
      return new ImageRewardCheckpoint(
          vision(tensors, visionHeads), text(tensors, textHeads), List.copyOf(head), tensors);
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new InvalidFileException(
          tensors.path(), "has tensors of no valid ImageReward model: " + e.getMessage(), e);
    }
  }

  private static BlipVisionConfig vision(TensorSource tensors, int heads)
      throws InvalidFileException {
    Shape patches = TensorShapes.require(tensors, VISION + "patch_embed.proj.weight", 4);
    Shape positions = TensorShapes.require(tensors, VISION + "pos_embed", 3);
    int width = patches.intDim(0);
    int patch = patches.intDim(2);
    int side = (int) Math.round(Math.sqrt(Math.max(0, positions.intDim(1) - 1)));
    return new BlipVisionConfig(
        Math.multiplyExact(side, patch),
        patch,
        width,
        TensorShapes.count(tensors, VISION + "blocks.", ".mlp.fc1.weight"),
        heads > 0 ? heads : Math.max(1, width / HEAD_SIZE),
        TensorShapes.require(tensors, VISION + "blocks.0.mlp.fc1.weight", 2).intDim(0),
        VISION_EPS);
  }

  private static BlipTextConfig text(TensorSource tensors, int heads) throws InvalidFileException {
    Shape words = TensorShapes.require(tensors, TEXT + "embeddings.word_embeddings.weight", 2);
    Shape positions =
        TensorShapes.require(tensors, TEXT + "embeddings.position_embeddings.weight", 2);
    int width = words.intDim(1);
    return new BlipTextConfig(
        words.intDim(0),
        width,
        TensorShapes.count(tensors, TEXT + "encoder.layer.", ".output.dense.weight"),
        heads > 0 ? heads : Math.max(1, width / HEAD_SIZE),
        TensorShapes.require(tensors, TEXT + "encoder.layer.0.intermediate.dense.weight", 2)
            .intDim(0),
        positions.intDim(0),
        TensorShapes.require(tensors, TEXT + FIRST_KEY, 2).intDim(1),
        TEXT_EPS);
  }

  /**
   * Creates the model.
   *
   * @throws org.diffusionnft.tensor.InvalidInputException if tensors are missing, unknown or have
   *     another shape
   */
  public ImageRewardModel load(Device device) {
    return ImageRewardModel.load(vision, text, head, new CheckpointWeights(tensors, device));
  }

  /** Unmaps the file. */
  @Override
  public void close() {
    tensors.close();
  }
}
