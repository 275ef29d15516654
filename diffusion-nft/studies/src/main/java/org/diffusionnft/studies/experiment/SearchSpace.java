package org.diffusionnft.studies.experiment;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedSet;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.trainer.config.TrainConfig;

/**
 * The space of a random search for a method's settings: one value per dimension, all equally
 * likely.
 *
 * @param method the method, with the settings that define it
 * @param dimensions the settings that vary
 */
public record SearchSpace(Arm method, List<Dimension> dimensions) {
  /**
   * A setting that varies.
   *
   * @param what display name
   * @param values settings, as YAML
   */
  public record Dimension(String what, List<String> values) {
    private static Dimension of(String what, String pattern, String... values) {
      return new Dimension(what, Stream.of(values).map(pattern::formatted).toList());
    }
  }

  private static final List<Dimension> ALL_METHODS =
      List.of(
          Dimension.of(
              "learning rate",
              "training: {learningRate: %s}",
              "3e-4",
              "1e-3",
              "3e-3",
              "6e-3",
              "1e-2"),
          Dimension.of(
              "prompts and group size, 288 pictures an epoch",
              "prompts: {%s}",
              "promptsPerEpoch: 36, imagesPerPrompt: 8",
              "promptsPerEpoch: 24, imagesPerPrompt: 12",
              "promptsPerEpoch: 12, imagesPerPrompt: 24"),
          Dimension.of(
              "batch and optimizer steps an epoch",
              "training: {%s}",
              "batchSize: 96, optimizerStepsPerEpoch: 1",
              "batchSize: 96, optimizerStepsPerEpoch: 3",
              "batchSize: 48, optimizerStepsPerEpoch: 6"),
          Dimension.of(
              "steps trained",
              "training: {timestepFraction: %s, timestepRange: 1}",
              "0.3",
              "0.5",
              "0.9"));

  private static final List<Dimension> FORWARD =
      List.of(
          Dimension.of("clip range of advantages", "loss: {advClipMax: %s}", "0.25", "1", "5"),
          Dimension.of(
              "pull to the base", "loss: {referenceMseWeight: %s}", "0", "0.05", "0.2", "1"),
          Dimension.of(
              "noise level in sampling",
              "sampling: {%s}",
              "solver: dpm2, deterministic: true",
              "solver: flow, deterministic: false, noiseLevel: 0.3",
              "solver: flow, deterministic: false, noiseLevel: 0.7"),
          Dimension.of(
              "old policy",
              "oldPolicy: {%s}",
              "flat: 0, start: 0, rate: 0, cap: 0",
              "flat: 0, start: 0, rate: 0.01, cap: 0.8",
              "flat: 0, start: 0, rate: 1, cap: 0.9"));

  private static final Dimension BETA =
      Dimension.of("beta", "loss: {guidanceBeta: %s}", "0.05", "0.1", "0.3", "1");

  private static final List<Dimension> PATHS =
      List.of(
          Dimension.of(
              "clip range", "grpo: {clipRange: %s}", "1e-4", "1e-3", "5e-3", "5e-2", "0.2"),
          Dimension.of("pull to the base (KL)", "grpo: {klWeight: %s}", "0", "4e-3", "4e-2"),
          Dimension.of(
              "noise level in sampling",
              "sampling: {noiseLevel: %s}",
              "0.2",
              "0.3",
              "0.5",
              "0.7",
              "1"),
          Dimension.of("clip range of advantages", "loss: {advClipMax: %s}", "1", "5"),
          Dimension.of("timesteps at random", "grpo: {randomTimesteps: %s}", "false", "true"));

  /** Keeps a copy of the list. */
  public SearchSpace {
    dimensions = List.copyOf(dimensions);
  }

  /** The spaces of all methods of {@link Experiment#HEAD_TO_HEAD}, with its names. */
  public static List<SearchSpace> all() {
    return Experiment.HEAD_TO_HEAD.arms().stream().map(SearchSpace::of).toList();
  }

  private static SearchSpace of(Arm method) {
    List<Dimension> dimensions = new ArrayList<>(ALL_METHODS);
    switch (method.name()) {
      case "nft" -> {
        dimensions.addAll(FORWARD);
        dimensions.add(BETA);
      }
      case "flow-grpo", "dance-grpo" -> dimensions.addAll(PATHS);
      default -> dimensions.addAll(FORWARD);
    }
    return new SearchSpace(method, dimensions);
  }

  /**
   * The space of a method.
   *
   * @throws InvalidInputException that lists all names if there is none
   */
  public static SearchSpace of(String method) {
    return all().stream()
        .filter(space -> space.method.name().equals(method))
        .findFirst()
        .orElseThrow(
            () ->
                new InvalidInputException(
                    "there is no method '%s': choose one of %s"
                        .formatted(
                            method,
                            String.join(", ", all().stream().map(s -> s.method.name()).toList()))));
  }

  /** The number of settings. */
  public long size() {
    return dimensions.stream().mapToLong(d -> d.values.size()).reduce(1, Math::multiplyExact);
  }

  /**
   * Draws distinct settings. A larger count begins with the same ones.
   *
   * @param count at most half of all
   * @return one value per dimension
   * @throws InvalidInputException if there are too few settings for the count
   */
  public List<List<String>> draw(int count, long seed) {
    if (count < 1 || count > size() / 2) {
      throw new InvalidInputException(
          "a search tries 1 to %d settings, not %d".formatted(size() / 2, count));
    }
    SplittableRandom random = new SplittableRandom(seed);
    SequencedSet<List<String>> drawn = new LinkedHashSet<>();
    while (drawn.size() < count) {
      drawn.add(
          dimensions.stream().map(d -> d.values.get(random.nextInt(d.values.size()))).toList());
    }
    return List.copyOf(drawn);
  }

  /** A run's settings with one value of each dimension. */
  TrainConfig config(TrainConfig base, List<String> values) {
    TrainConfig config = method.config(base);
    for (String value : values) {
      config = TrainConfig.parse("setting of " + method.name(), value, config);
    }
    return config;
  }
}
