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
 * How the settings of a run were edited since a state of it was saved: in what may change on the
 * way, and in what may not, because the run would then be neither the one nor the other.
 *
 * @param free {@code epochs is 9, and was 8}: how long it goes, what is saved and looked at, where
 *     files and services are, how work is cut
 * @param fixed the same of what is learnt, and how
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

  /** Keeps copies of the lists. */
  public ConfigEdits {
    free = List.copyOf(free);
    fixed = List.copyOf(fixed);
  }

  /** What is different. */
  public static ConfigEdits between(TrainConfig saved, TrainConfig edited) {
    Map<String, Object> before = flat("", saved.tree());
    Map<String, Object> after = flat("", edited.tree());
    Set<String> keys = new LinkedHashSet<>(before.keySet());
    keys.addAll(after.keySet());
    List<String> free = new ArrayList<>();
    List<String> fixed = new ArrayList<>();
    for (String key : keys) {
      if (!Objects.equals(before.get(key), after.get(key))) {
        (isFree(key) ? free : fixed)
            .add(
                "%s is %s, and was %s"
                    .formatted(
                        key,
                        after.getOrDefault(key, "gone"),
                        before.getOrDefault(key, "not there")));
      }
    }
    return new ConfigEdits(free, fixed);
  }

  private static boolean isFree(String key) {
    return FREE.contains(key)
        || FREE_SECTIONS.stream().anyMatch(key::startsWith)
        || (key.startsWith(REWARDS)
            && !key.endsWith("." + RewardSettings.WEIGHT)
            && !key.endsWith("." + RewardSettings.TYPE));
  }

  /** Every value with its whole key; a reward's weight has one of its own however it is written. */
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
