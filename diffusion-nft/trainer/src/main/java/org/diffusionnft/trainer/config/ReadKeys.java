package org.diffusionnft.trainer.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.OptionalInt;
import java.util.SequencedMap;
import org.diffusionnft.rewards.RewardSettings;
import org.diffusionnft.trainer.config.YamlNode.Empty;
import org.diffusionnft.trainer.config.YamlNode.Mapping;
import org.diffusionnft.trainer.config.YamlNode.Scalar;
import org.diffusionnft.trainer.config.YamlNode.Sequence;

/** Answers with what a mapping of a file says, and with the default where it says nothing. */
final class ReadKeys implements Keys {
  private final String file;
  private final Mapping mapping;
  private final String prefix;

  private ReadKeys(String file, Mapping mapping, String prefix) {
    this.file = file;
    this.mapping = mapping;
    this.prefix = prefix;
  }

  /**
   * Builds a record from a mapping whose keys are all known.
   *
   * @throws ConfigException with file, line and key of the first value that it cannot have
   */
  static <T> T read(String file, Mapping mapping, T defaults, Binding<T> binding) {
    return new ReadKeys(file, mapping, "").bind(defaults, binding);
  }

  private <T> T bind(T defaults, Binding<T> binding) {
    try {
      return binding.bind(this, defaults);
    } catch (InvalidSettingException e) {
      YamlNode node = mapping.entries().getOrDefault(e.key(), mapping);
      throw ConfigException.at(file, node.line(), prefix + e.getMessage());
    }
  }

  @Override
  public long integer(String key, long value) {
    return has(key) ? parseLong(key, scalar(key)) : value;
  }

  @Override
  public OptionalInt optionalInteger(String key) {
    return has(key) ? OptionalInt.of(count(key, 0)) : OptionalInt.empty();
  }

  @Override
  public double number(String key, double value) {
    return has(key) ? parseDouble(key, scalar(key)) : value;
  }

  @Override
  public boolean flag(String key, boolean value) {
    if (!has(key)) {
      return value;
    }
    return switch (scalar(key)) {
      case "true" -> true;
      case "false" -> false;
      default -> throw wrong(key, "true or false", node(key));
    };
  }

  @Override
  public String text(String key, String value) {
    return has(key) ? scalar(key) : value;
  }

  @Override
  public List<String> texts(String key, List<String> value) {
    if (!has(key)) {
      return value;
    }
    if (!(node(key) instanceof Sequence(List<YamlNode> items, _))) {
      throw wrong(key, "a list", node(key));
    }
    List<String> texts = new ArrayList<>();
    for (YamlNode item : items) {
      if (!(item instanceof Scalar(String text, _))) {
        throw wrong(key, "a list of words", item);
      }
      texts.add(text);
    }
    return texts;
  }

  @Override
  public SequencedMap<String, RewardSettings> rewards(
      String key, SequencedMap<String, RewardSettings> value) {
    if (!has(key)) {
      return value;
    }
    if (!(node(key) instanceof Mapping inner)) {
      throw wrong(key, "names of rewards and their weights", node(key));
    }
    ReadKeys keys = new ReadKeys(file, inner, prefix + key + ".");
    SequencedMap<String, RewardSettings> rewards = new LinkedHashMap<>();
    return keys.bind(
        rewards,
        (_, all) -> {
          inner.entries().forEach((name, node) -> all.put(name, keys.reward(name, node)));
          return all;
        });
  }

  /** A weight, or a mapping with a weight and texts. */
  private RewardSettings reward(String name, YamlNode node) {
    if (!(node instanceof Mapping mapping)) {
      return RewardSettings.of(number(name, 0));
    }
    ReadKeys keys = new ReadKeys(file, mapping, prefix + name + ".");
    return keys.bind(
        RewardSettings.of(1),
        (_, d) -> {
          SequencedMap<String, String> options = new LinkedHashMap<>();
          mapping.entries().keySet().forEach(key -> options.put(key, keys.scalar(key)));
          options.remove(RewardSettings.WEIGHT);
          return new RewardSettings(keys.number(RewardSettings.WEIGHT, d.weight()), options);
        });
  }

  @Override
  public <T> T section(String key, T value, Binding<T> binding) {
    if (!has(key)) {
      return value;
    }
    return switch (node(key)) {
      case Mapping inner -> new ReadKeys(file, inner, prefix + key + ".").bind(value, binding);
      case Empty _ -> value;
      default -> throw wrong(key, "keys and values", node(key));
    };
  }

  private boolean has(String key) {
    return mapping.entries().containsKey(key);
  }

  private YamlNode node(String key) {
    return mapping.entries().getOrDefault(key, mapping);
  }

  private String scalar(String key) {
    if (node(key) instanceof Scalar(String text, _)) {
      return text;
    }
    throw wrong(key, "one value", node(key));
  }

  // YAML 1.1 takes 3e-4 for a text, so numbers are read from the text whatever YAML thinks of it.
  private double parseDouble(String key, String text) {
    try {
      double value = Double.parseDouble(text);
      if (Double.isFinite(value)) {
        return value;
      }
    } catch (NumberFormatException e) {
      // reported below
    }
    throw wrong(key, "a number", node(key));
  }

  private long parseLong(String key, String text) {
    try {
      return Long.parseLong(text.replace("_", ""));
    } catch (NumberFormatException e) {
      boolean tooLarge = text.matches("[+-]?[0-9_]+");
      throw wrong(key, tooLarge ? "a whole number below 2^63" : "a whole number", node(key));
    }
  }

  private static InvalidSettingException wrong(String key, String expected, YamlNode found) {
    return new InvalidSettingException(key, "must be " + expected + ", not " + found.kind());
  }
}
