package org.diffusionnft.rewards.clip;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.IntFunction;
import org.diffusionnft.models.clip.ClipModel;
import org.diffusionnft.models.tokenizer.Tokenizer;
import org.diffusionnft.rewards.RewardOptions;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.Opening;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.clip.ClipCheckpoint;
import org.diffusionnft.weights.tokenizer.TokenizerFolder;

/**
 * A CLIP model with its tokenizer, on its own device: the trainer's is bound to the training
 * thread.
 */
public final class ClipScoring implements AutoCloseable {
  private final Device device;
  private final ClipCheckpoint checkpoint;
  private final ClipModel model;
  private final Tokenizer tokenizer;
  private final ClipPreprocessing preprocessing;
  private final int batchSize;

  private ClipScoring(
      Device device,
      ClipCheckpoint checkpoint,
      ClipModel model,
      Tokenizer tokenizer,
      int batchSize) {
    this.device = device;
    this.checkpoint = checkpoint;
    this.model = model;
    this.tokenizer = tokenizer;
    this.batchSize = batchSize;
    this.preprocessing = ClipPreprocessing.ofSize(model.vision().config().imageSize());
  }

  /**
   * Loads a model. Reads {@code device} (the preferred one) and {@code batchSize} (8).
   *
   * @param path the model's folder or file
   * @param tokenizer the tokenizer's folder
   * @throws InvalidInputException if one of the files is invalid
   */
  public static ClipScoring open(RewardOptions options, Path path, Path tokenizer) {
    int batchSize = options.count("batchSize", 8);
    try (Opening opening = new Opening()) {
      Device device = opening.add(options.openDevice());
      ClipCheckpoint checkpoint = opening.add(ClipCheckpoint.open(path));
      Path config = path.resolve("config.json");
      String said =
          Files.exists(config)
              ? "text_config.vocab_size in " + config
              : "the number of tokens of the text encoder in " + path;
      Tokenizer words = TokenizerFolder.open(tokenizer, checkpoint.text().vocabSize(), said);
      return opening.done(
          new ClipScoring(device, checkpoint, checkpoint.load(device), words, batchSize));
    } catch (IOException e) {
      throw new InvalidInputException(
          "reward '%s': %s".formatted(options.reward(), e.getMessage()), e);
    }
  }

  public ClipPreprocessing preprocessing() {
    return preprocessing;
  }

  /** The device that weights of heads are loaded to. */
  public Device device() {
    return device;
  }

  /** The factor on cosines. */
  public double scale() {
    return Math.exp(model.logitScale());
  }

  /** Dimension of an embedding. */
  public int width() {
    return model.vision().config().projectionDim();
  }

  /** Embeddings of texts, normalised to length 1. */
  public double[][] texts(List<String> texts) {
    int length = model.text().config().maxPositions();
    return inBatches(
        texts.size(),
        (first, count) -> {
          long[][] ids = new long[count][];
          for (int i = 0; i < count; i++) {
            ids[i] = tokenizer.encode(texts.get(first + i), length).ids();
          }
          return model.textEmbeddings(ids);
        });
  }

  /**
   * Embeddings of pictures, normalised to length 1.
   *
   * @param square each picture, preprocessed for the encoder
   */
  public double[][] pictures(int pictures, IntFunction<float[]> square) {
    int side = preprocessing.size();
    int size = 3 * side * side;
    return inBatches(
        pictures,
        (first, count) -> {
          float[] pixels = new float[count * size];
          for (int i = 0; i < count; i++) {
            System.arraycopy(square.apply(first + i), 0, pixels, i * size, size);
          }
          return model.imageEmbeddings(Tensor.of(device, pixels, count, 3, side, side));
        });
  }

  private interface Batch {
    double[][] encode(int first, int count);
  }

  private double[][] inBatches(int total, Batch batch) {
    double[][] rows = new double[total][];
    for (int first = 0; first < total; first += batchSize) {
      int count = Math.min(batchSize, total - first);
      try (Memory.Scope _ = device.memory().scope()) {
        System.arraycopy(batch.encode(first, count), 0, rows, first, count);
      }
    }
    return rows;
  }

  @Override
  public void close() {
    model.close();
    checkpoint.close();
    device.close();
  }
}
