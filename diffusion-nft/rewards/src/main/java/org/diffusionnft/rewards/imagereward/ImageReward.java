package org.diffusionnft.rewards.imagereward;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.diffusionnft.images.Images;
import org.diffusionnft.models.blip.ImageRewardModel;
import org.diffusionnft.models.tokenizer.Encoded;
import org.diffusionnft.models.tokenizer.Tokenizer;
import org.diffusionnft.rewards.ConfiguredRewardProvider;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.rewards.Reward;
import org.diffusionnft.rewards.RewardFiles;
import org.diffusionnft.rewards.RewardOptions;
import org.diffusionnft.rewards.clip.ClipPreprocessing;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.Opening;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.blip.ImageRewardCheckpoint;
import org.diffusionnft.weights.tokenizer.BertVocabulary;

/**
 * How much people would like a picture for its prompt, according to ImageReward (Xu et al., arXiv
 * 2304.05977): about -2 to 2. It runs on its own device, as the trainer's is bound to the training
 * thread.
 */
public final class ImageReward implements Reward {
  /** The tokens that BLIP appends to BERT's vocabulary. */
  public static final List<String> APPENDED = List.of("[DEC]", "[ENC]");

  /** The number of tokens that a prompt is truncated or padded to. */
  public static final int TOKENS = 35;

  private final Device device;
  private final ImageRewardCheckpoint checkpoint;
  private final ImageRewardModel model;
  private final Tokenizer tokenizer;
  private final ClipPreprocessing preprocessing;
  private final int batchSize;

  private ImageReward(
      Device device,
      ImageRewardCheckpoint checkpoint,
      ImageRewardModel model,
      Tokenizer tokenizer,
      int batchSize) {
    this.device = device;
    this.checkpoint = checkpoint;
    this.model = model;
    this.tokenizer = tokenizer;
    this.preprocessing = ClipPreprocessing.ofSize(model.vision().imageSize());
    this.batchSize = batchSize;
  }

  /** {@code image_reward}. */
  public static final class Provider implements ConfiguredRewardProvider {
    @Override
    public String name() {
      return "image_reward";
    }

    @Override
    public String description() {
      return "ImageReward: how well people would like the picture for its prompt, by a BLIP";
    }

    @Override
    public Reward open(RewardOptions options) {
      Path file =
          RewardFiles.require(
              options,
              "model",
              "the ImageReward model",
              List.of("ImageReward.safetensors", "ImageReward.pt"),
              "huggingface.co/THUDM/ImageReward (ImageReward.pt)");
      Path words =
          RewardFiles.require(
              options,
              "vocabulary",
              "BERT's vocabulary",
              List.of("bert-base-uncased/vocab.txt"),
              "huggingface.co/google-bert/bert-base-uncased (vocab.txt)");
      return ImageReward.open(options, file, words);
    }
  }

  private static Reward open(RewardOptions options, Path file, Path words) {
    int batchSize = options.count("batchSize", 8);
    try (Opening opening = new Opening()) {
      Device device = opening.add(options.openDevice());
      options.refuseOthers();
      Tokenizer tokenizer =
          BertVocabulary.open(
              Files.isDirectory(words) ? words.resolve("vocab.txt") : words, APPENDED);
      ImageRewardCheckpoint checkpoint = opening.add(ImageRewardCheckpoint.open(file));
      requireSameWords(file, checkpoint.text().vocabSize(), words, tokenizer.largestId() + 1);
      return opening.done(
          new ImageReward(device, checkpoint, checkpoint.load(device), tokenizer, batchSize));
    } catch (IOException e) {
      throw new InvalidInputException(
          "reward '%s': %s".formatted(options.reward(), e.getMessage()), e);
    }
  }

  private static void requireSameWords(Path file, int known, Path words, int given)
      throws IOException {
    if (known != given) {
      throw new IOException(
          ("%s: has %d tokens with %s behind them, but the model in %s knows %d: take the"
                  + " vocabulary of bert-base-uncased")
              .formatted(words, given, String.join(" and ", APPENDED), file, known));
    }
  }

  @Override
  public float[] score(Images images, List<Prompt> prompts) {
    float[] scores = new float[images.count()];
    for (int first = 0; first < scores.length; first += batchSize) {
      int count = Math.min(batchSize, scores.length - first);
      try (Memory.Scope _ = device.memory().scope()) {
        double[] batch = score(images, prompts, first, count);
        for (int i = 0; i < count; i++) {
          scores[first + i] = (float) batch[i];
        }
      }
    }
    return scores;
  }

  private double[] score(Images images, List<Prompt> prompts, int first, int count) {
    int side = preprocessing.size();
    int size = 3 * side * side;
    float[] pixels = new float[count * size];
    long[][] ids = new long[count][];
    int[] used = new int[count];
    for (int i = 0; i < count; i++) {
      float[] one = preprocessing.centred(images.pixels(first + i));
      System.arraycopy(one, 0, pixels, i * size, size);
      Encoded encoded = tokenizer.encode(prompts.get(first + i).text(), TOKENS);
      ids[i] = encoded.ids();
      used[i] = encoded.used();
    }
    return model.scores(ids, used, model.pictures(Tensor.of(device, pixels, count, 3, side, side)));
  }

  @Override
  public void close() {
    model.close();
    checkpoint.close();
    device.close();
  }
}
