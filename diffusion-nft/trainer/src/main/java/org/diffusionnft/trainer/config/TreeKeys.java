package org.diffusionnft.trainer.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.SequencedMap;
import org.diffusionnft.rewards.RewardSettings;
import org.diffusionnft.trainer.config.WriteKeys.Tree;

/**
 * Answers with the values of part of a tree that {@link WriteKeys} recorded, and with the default
 * for missing keys.
 */
record TreeKeys(Map<String, ?> tree) implements Keys {
  @Override
  public boolean says(String key) {
    return tree.containsKey(key);
  }

  @Override
  public long integer(String key, long value) {
    return tree.get(key) instanceof Long said ? said : value;
  }

  @Override
  public OptionalInt optionalInteger(String key) {
    return OptionalInt.empty();
  }

  @Override
  public double number(String key, double value) {
    return tree.get(key) instanceof Double said ? said : value;
  }

  @Override
  public boolean flag(String key, boolean value) {
    return tree.get(key) instanceof Boolean said ? said : value;
  }

  @Override
  public String text(String key, String value) {
    return tree.get(key) instanceof String said ? said : value;
  }

  @Override
  public List<String> texts(String key, List<String> value) {
    return tree.get(key) instanceof List<?> said
        ? said.stream().map(String::valueOf).toList()
        : value;
  }

  @Override
  public SequencedMap<String, RewardSettings> rewards(
      String key, SequencedMap<String, RewardSettings> value) {
    if (!(tree.get(key) instanceof Map<?, ?> said)) {
      return value;
    }
    SequencedMap<String, RewardSettings> rewards = new LinkedHashMap<>();
    said.forEach((name, written) -> rewards.put(String.valueOf(name), reward(written)));
    return rewards;
  }

  private static RewardSettings reward(Object written) {
    if (!(written instanceof Map<?, ?> keys)) {
      return RewardSettings.of((Double) written);
    }
    SequencedMap<String, String> options = new LinkedHashMap<>();
    keys.forEach((key, text) -> options.put(String.valueOf(key), String.valueOf(text)));
    options.remove(RewardSettings.WEIGHT);
    return new RewardSettings(
        keys.get(RewardSettings.WEIGHT) instanceof Double weight ? weight : 1, options);
  }

  @Override
  public <T> T section(String key, T value, Binding<T> binding) {
    return tree.get(key) instanceof Tree(var inner)
        ? binding.bind(new TreeKeys(inner), value)
        : value;
  }

  @Override
  public List<Stage> stages(String key, List<Stage> value, TrainConfig run) {
    return value; // a stage has no stages
  }
}
