package org.diffusionnft.studies.benchmark;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.rewards.RewardSettings;
import org.diffusionnft.rewards.WeightedRewards;
import org.diffusionnft.shapes.evaluation.HeldOut;
import org.diffusionnft.shapes.model.ShapesModel;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.trainer.PromptFile;
import org.diffusionnft.trainer.PromptFile.Split;
import org.diffusionnft.weights.io.InvalidFileException;
import org.jspecify.annotations.Nullable;

/**
 * Prompts, and the rewards that score their pictures.
 *
 * @param name its name, or its file
 * @param source the prompts' file or folder; null for ShapesWorld's
 * @param prompts one picture of each; GenEval's file has each prompt four times
 * @param rewards by name; their weights do not matter here
 */
public record Benchmark(
    String name,
    @Nullable Path source,
    List<Prompt> prompts,
    SequencedMap<String, RewardSettings> rewards) {
  /** The held-out prompts of ShapesWorld. */
  public static final String SHAPES = ShapesModel.NAME;

  /** The key for a prompt's category in GenEval's files and ours. */
  private static final String CATEGORY = "tag";

  private static final Path FOLDER = Path.of("dataset");

  /**
   * The benchmarks of the reference code's {@code scripts/evaluation.py} with their rewards, except
   * UnifiedReward.
   */
  private static final Map<String, List<String>> KNOWN =
      new TreeMap<>(
          Map.of(
              "geneval",
              List.of("geneval"),
              "ocr",
              List.of("ocr"),
              "pickscore",
              preferences(),
              "drawbench",
              preferences(),
              SHAPES,
              List.of("shapes_strict", "shapes_graded")));

  /** Keeps a copy of the list. */
  public Benchmark {
    prompts = List.copyOf(prompts);
  }

  private static List<String> preferences() {
    return List.of("pickscore", "clipscore", "hpsv2", "aesthetic", "image_reward");
  }

  /**
   * Finds a benchmark.
   *
   * @param name {@code shapes}; {@code geneval}, {@code ocr}, {@code pickscore} or {@code
   *     drawbench} for the reference code's file under {@code dataset/}; or a file of prompts
   * @param rewards rewards that score the pictures; null for the benchmark's own
   * @param most maximum number of prompts, from the beginning
   * @throws InvalidFileException if the file is missing or damaged
   * @throws InvalidInputException if a file of prompts is given without rewards
   */
  public static Benchmark open(
      String name, @Nullable SequencedMap<String, RewardSettings> rewards, int most)
      throws InvalidFileException {
    if (most < 1) {
      throw new InvalidInputException("the number of prompts must be at least 1, not " + most);
    }
    SequencedMap<String, RewardSettings> scored = rewards == null ? usual(name) : rewards;
    if (name.equals(SHAPES)) {
      List<Prompt> prompts =
          HeldOut.of(Math.min(most, HeldOut.FULL)).prompts().stream()
              .map(p -> new Prompt(p.text(), Map.of(CATEGORY, p.category().key())))
              .toList();
      return new Benchmark(name, null, prompts, scored);
    }
    Path source = KNOWN.containsKey(name) ? FOLDER.resolve(name) : Path.of(name);
    if (KNOWN.containsKey(name) && !Files.exists(source)) {
      throw new InvalidFileException(
          source,
          "no such folder: the prompts of '"
              + name
              + "' come with the reference code; start in its folder, or name a .txt or .jsonl file"
              + " with --benchmark FILE");
    }
    List<Prompt> all = PromptFile.read(source, Split.TEST);
    return new Benchmark(name, source, all.subList(0, Math.min(most, all.size())), scored);
  }

  private static SequencedMap<String, RewardSettings> usual(String name) {
    List<String> rewards = KNOWN.get(name);
    if (rewards == null) {
      throw new InvalidInputException(
          "a file of prompts needs rewards: name them with --rewards (only "
              + String.join(", ", KNOWN.keySet())
              + " have rewards of their own)");
    }
    SequencedMap<String, RewardSettings> settings = RewardSettings.named(rewards);
    // The verdict of GenEval's own evaluation, not the partial credit that helps learning.
    settings.computeIfPresent(
        "geneval",
        (_, _) -> new RewardSettings(1, new LinkedHashMap<>(Map.of("benchmark", "true"))));
    return settings;
  }

  /**
   * Checks that the rewards can use every prompt.
   *
   * @throws InvalidFileException that names file and line of the first unusable prompt, and says
   *     why
   * @throws InvalidInputException the same for prompts that are not from a file
   */
  void check(WeightedRewards opened) throws InvalidFileException {
    if (source == null) {
      prompts.forEach(opened::check);
    } else {
      PromptFile.check(source, Split.TEST, prompts.size(), opened::check);
    }
  }

  /** A prompt's category, such as GenEval's {@code counting}; empty if it has none. */
  static String category(Prompt prompt) {
    Object category = prompt.metadata().get(CATEGORY);
    return category == null ? "" : category.toString().toLowerCase(Locale.ROOT);
  }
}
