package org.diffusionnft.trainer.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.diffusionnft.rewards.RewardSettings;
import org.diffusionnft.trainer.config.WriteKeys.Tree;

/**
 * Edits to a run's settings since a state of it was saved: those of settings that may change during
 * a run, and those of settings that may not, because the result would match neither version.
 *
 * @param free {@code epochs is 9, and was 8}: the run's length, what is saved and displayed, where
 *     files and services are, how work is split, stages that have not begun
 * @param fixed the same for what is learnt, and how
 */
public record ConfigEdits(List<String> free, List<String> fixed) {
  private static final Set<String> FREE =
      Set.of(
          "epochs",
          "saveEvery",
          "output",
          "model",
          "pipeline.parts",
          "prompts.source",
          "sampling.batchSize",
          "training.checkpointing",
          "adapter.start");

  private static final List<String> FREE_SECTIONS = List.of("evaluation.", "checkpoints.");
  private static final String REWARDS = "rewards.";
  private static final String EPOCHS = "epochs";

  /** Keeps copies of the lists. */
  public ConfigEdits {
    free = List.copyOf(free);
    fixed = List.copyOf(fixed);
  }

  /**
   * Compares two versions of the settings.
   *
   * @param done epochs done when the state was saved
   */
  public static ConfigEdits between(TrainConfig saved, TrainConfig edited, long done) {
    List<String> free = new ArrayList<>();
    List<String> fixed = new ArrayList<>();
    compare(flat("", run(saved)), flat("", run(edited)))
        .forEach((key, words) -> (isFree(key) ? free : fixed).add(words));
    List<StagePlan.Part> before = parts(saved);
    List<StagePlan.Part> after = parts(edited);
    for (int i = 0; i < Math.max(before.size(), after.size()); i++) {
      String prefix = "stages.%d.".formatted(i + 1);
      boolean begun = begins(before, i) < done || begins(after, i) < done;
      boolean ended = ends(before, i) < done || ends(after, i) < done;
      compare(stage(saved, i), stage(edited, i))
          .forEach(
              (key, words) -> {
                boolean fits = key.equals(EPOCHS) ? !ended : isFree(key);
                (fits || !begun ? free : fixed).add(prefix + words);
              });
    }
    return new ConfigEdits(free, fixed);
  }

  /** All settings except the stages. */
  private static Map<String, Object> run(TrainConfig config) {
    Map<String, Object> tree = new LinkedHashMap<>(config.tree());
    tree.remove("stages");
    return tree;
  }

  private static List<StagePlan.Part> parts(TrainConfig config) {
    return config.stages().isEmpty() ? List.of() : config.plan().parts();
  }

  /** Epochs before a stage; infinitely many if there is no such stage. */
  private static long begins(List<StagePlan.Part> parts, int stage) {
    return stage < parts.size() ? parts.get(stage).from() : Long.MAX_VALUE;
  }

  private static long ends(List<StagePlan.Part> parts, int stage) {
    return stage < parts.size() ? parts.get(stage).to() : Long.MAX_VALUE;
  }

  private static Map<String, Object> stage(TrainConfig config, int stage) {
    return stage < config.stages().size()
        ? flat("", config.stages().get(stage).tree())
        : new LinkedHashMap<>();
  }

  /** A phrase for each key whose value differs. */
  private static Map<String, String> compare(
      Map<String, Object> before, Map<String, Object> after) {
    Set<String> keys = new LinkedHashSet<>(before.keySet());
    keys.addAll(after.keySet());
    Map<String, String> different = new LinkedHashMap<>();
    for (String key : keys) {
      if (!Objects.equals(before.get(key), after.get(key))) {
        different.put(
            key,
            "%s is %s, and was %s"
                .formatted(
                    key, after.getOrDefault(key, "gone"), before.getOrDefault(key, "not there")));
      }
    }
    return different;
  }

  private static boolean isFree(String key) {
    return FREE.contains(key)
        || FREE_SECTIONS.stream().anyMatch(key::startsWith)
        || (key.startsWith(REWARDS)
            && !key.endsWith("." + RewardSettings.WEIGHT)
            && !key.endsWith("." + RewardSettings.TYPE));
  }

  /** Every value by its full key; a reward's weight has its own key in either notation. */
  private static Map<String, Object> flat(String prefix, Map<?, ?> tree) {
    Map<String, Object> flat = new LinkedHashMap<>();
    tree.forEach(
        (name, value) -> {
          String key = prefix + name;
          switch (value) {
            case Tree(var inner) -> flat.putAll(flat(key + ".", inner));
            case Map<?, ?> inner -> flat.putAll(flat(key + ".", inner));
            default ->
                flat.put(prefix.equals(REWARDS) ? key + "." + RewardSettings.WEIGHT : key, value);
          }
        });
    return flat;
  }
}
