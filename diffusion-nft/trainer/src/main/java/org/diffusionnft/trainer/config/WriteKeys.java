package org.diffusionnft.trainer.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.SequencedMap;
import org.diffusionnft.rewards.RewardSettings;

/**
 * Records every key and its value, in the order in which they are asked for. An optional number is
 * recorded as an empty one.
 */
final class WriteKeys implements Keys {
  private final SequencedMap<String, Object> values = new LinkedHashMap<>();

  /** All values of a record: scalars, lists and maps of these. */
  static <T> SequencedMap<String, Object> of(T value, Binding<T> binding) {
    WriteKeys keys = new WriteKeys();
    binding.bind(keys, value);
    return keys.values;
  }

  /** All keys of a tree with dots between their parts, sections before their contents. */
  static List<String> paths(Map<String, ?> tree, String prefix) {
    List<String> paths = new ArrayList<>();
    tree.forEach(
        (key, value) -> {
          paths.add(prefix + key);
          if (value instanceof Tree(var inner)) {
            paths.addAll(paths(inner, prefix + key + "."));
          }
        });
    return paths;
  }

  /** A section, as opposed to a map whose keys are the user's. */
  record Tree(SequencedMap<String, Object> values) {}

  @Override
  public boolean says(String key) {
    return false;
  }

  @Override
  public long integer(String key, long value) {
    return note(key, value);
  }

  @Override
  public OptionalInt optionalInteger(String key) {
    return note(key, OptionalInt.empty());
  }

  @Override
  public double number(String key, double value) {
    return note(key, value);
  }

  @Override
  public boolean flag(String key, boolean value) {
    return note(key, value);
  }

  @Override
  public String text(String key, String value) {
    return note(key, value);
  }

  @Override
  public List<String> texts(String key, List<String> value) {
    return note(key, value);
  }

  @Override
  public SequencedMap<String, RewardSettings> rewards(
      String key, SequencedMap<String, RewardSettings> value) {
    SequencedMap<String, Object> written = new LinkedHashMap<>();
    value.forEach((name, settings) -> written.put(name, written(settings)));
    values.put(key, written);
    return value;
  }

  /** The weight alone if there are no options. */
  private static Object written(RewardSettings settings) {
    if (settings.options().isEmpty()) {
      return settings.weight();
    }
    SequencedMap<String, Object> keys = new LinkedHashMap<>();
    keys.put(RewardSettings.WEIGHT, settings.weight());
    keys.putAll(settings.options());
    return keys;
  }

  @Override
  public List<Stage> stages(String key, List<Stage> value, TrainConfig run) {
    values.put(key, value.stream().map(Stage::tree).toList());
    return value;
  }

  @Override
  public <T> T section(String key, T value, Binding<T> binding) {
    values.put(key, new Tree(of(value, binding)));
    return value;
  }

  private <T> T note(String key, T value) {
    values.put(key, value);
    return value;
  }
}
