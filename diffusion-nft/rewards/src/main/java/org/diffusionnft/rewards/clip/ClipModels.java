package org.diffusionnft.rewards.clip;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.diffusionnft.rewards.RewardFiles;
import org.diffusionnft.rewards.RewardOptions;

/**
 * The published models that rewards use, and where to get them.
 *
 * @param what a description for messages
 * @param names possible names of its file or folder
 * @param source where to get it
 * @param tokenizer the folder of its tokenizer, if the model comes without one
 * @param tokenizerSource where to get the tokenizer
 */
public record ClipModels(
    String what, List<String> names, String source, String tokenizer, String tokenizerSource) {
  private static final String OPEN_CLIP = "CLIP-ViT-H-14-laion2B-s32B-b79K";
  private static final String OPEN_CLIP_SOURCE =
      "huggingface.co/laion/CLIP-ViT-H-14-laion2B-s32B-b79K (tokenizer.json)";

  /** OpenAI's large model. */
  public static final ClipModels CLIP_L =
      new ClipModels(
          "the CLIP model",
          List.of("clip-vit-large-patch14"),
          "huggingface.co/openai/clip-vit-large-patch14 (config.json, model.safetensors,"
              + " tokenizer.json)",
          "clip-vit-large-patch14",
          "huggingface.co/openai/clip-vit-large-patch14 (tokenizer.json)");

  /** A CLIP trained on people's choices between two pictures. */
  static final ClipModels PICK_SCORE =
      new ClipModels(
          "the PickScore model",
          List.of("PickScore_v1"),
          "huggingface.co/yuvalkirstain/PickScore_v1 (config.json, model.safetensors)",
          OPEN_CLIP,
          OPEN_CLIP_SOURCE);

  /** A CLIP trained on people's rankings. */
  static final ClipModels HPS =
      new ClipModels(
          "the HPSv2.1 model",
          List.of("HPS_v2.1_compressed.safetensors", "HPS_v2.1_compressed.pt"),
          "huggingface.co/xswu/HPSv2 (HPS_v2.1_compressed.pt)",
          OPEN_CLIP,
          OPEN_CLIP_SOURCE);

  /** Whether the model is at a default location. */
  public boolean isThere() {
    return RewardFiles.isThere(names);
  }

  /**
   * Opens the model and its tokenizer: the one next to the model, else the one that option {@code
   * tokenizer} names.
   *
   * @throws IllegalArgumentException that says which file is missing and where to get it
   */
  public ClipScoring open(RewardOptions options) {
    return open(options, "model");
  }

  /** {@link #open(RewardOptions)} with another key for the model. */
  public ClipScoring open(RewardOptions options, String modelKey) {
    Path model = RewardFiles.require(options, modelKey, what, names, source);
    boolean beside =
        options.text("tokenizer").isEmpty()
            && (Files.exists(model.resolve("tokenizer.json"))
                || Files.exists(model.resolve("vocab.json")));
    Path words =
        beside
            ? model
            : RewardFiles.require(
                options, "tokenizer", "the model's tokenizer", List.of(tokenizer), tokenizerSource);
    return ClipScoring.open(options, model, words);
  }
}
