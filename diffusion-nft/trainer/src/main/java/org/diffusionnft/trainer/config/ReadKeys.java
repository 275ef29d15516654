package org.diffusionnft.trainer.config;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.SequencedMap;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.diffusionnft.rewards.RewardSettings;
import org.diffusionnft.trainer.config.WriteKeys.Tree;
import org.diffusionnft.trainer.config.YamlNode.Empty;
import org.diffusionnft.trainer.config.YamlNode.Mapping;
import org.diffusionnft.trainer.config.YamlNode.Scalar;
import org.diffusionnft.trainer.config.YamlNode.Sequence;
import org.diffusionnft.weights.io.PlainNumber;

/** Answers with the values of a mapping in a file, and with the default for missing keys. */
final class ReadKeys implements Keys {
  /** As in YAML 1.1: between digits. */
  private static final Pattern UNDERSCORE = Pattern.compile("(?<=[0-9])_(?=[0-9])");

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
   * @throws ConfigException with file, line and key of the first invalid value
   */
  static <T> T read(String file, Mapping mapping, T defaults, Binding<T> binding) {
    return new ReadKeys(file, mapping, "").bind(defaults, binding);
  }

  private <T> T bind(T defaults, Binding<T> binding) {
    return placed(() -> binding.bind(this, defaults));
  }

  /** Adds file and line to the error for an invalid value. */
  private <T> T placed(Supplier<T> reading) {
    try {
      return reading.get();
    } catch (InvalidSettingException e) {
      YamlNode node = mapping.entries().getOrDefault(e.key(), mapping);
      throw ConfigException.at(file, node.line(), prefix + e.getMessage());
    }
  }

  @Override
  public long integer(String key, long value) {
    return says(key) ? parseLong(key, scalar(key)) : value;
  }

  @Override
  public OptionalInt optionalInteger(String key) {
    return says(key) ? OptionalInt.of(count(key, 0)) : OptionalInt.empty();
  }

  @Override
  public double number(String key, double value) {
    return says(key) ? parseDouble(key, scalar(key)) : value;
  }

  @Override
  public boolean flag(String key, boolean value) {
    if (!says(key)) {
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
    return says(key) ? scalar(key) : value;
  }

  @Override
  public List<String> texts(String key, List<String> value) {
    if (!says(key)) {
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
    if (!says(key)) {
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
      return RewardSettings.of(weight(name, 0));
    }
    ReadKeys keys = new ReadKeys(file, mapping, prefix + name + ".");
    return keys.bind(
        RewardSettings.of(1),
        (_, d) -> {
          SequencedMap<String, String> options = new LinkedHashMap<>();
          mapping.entries().keySet().forEach(key -> options.put(key, keys.scalar(key)));
          options.remove(RewardSettings.WEIGHT);
          return new RewardSettings(keys.weight(RewardSettings.WEIGHT, d.weight()), options);
        });
  }

  private double weight(String key, double value) {
    double weight = number(key, value);
    InvalidSettingException.require(
        key, weight, RewardSettings.isWeight(weight), "a weight from -3.4e38 to 3.4e38");
    return weight;
  }

  @Override
  public List<Stage> stages(String key, List<Stage> value, TrainConfig run) {
    if (!says(key)) {
      return value;
    }
    if (!(node(key) instanceof Sequence(List<YamlNode> items, _))) {
      throw wrong(key, "a list of stages", node(key));
    }
    if (items.size() > Stage.MOST) {
      throw new InvalidSettingException(
          key, "has %d stages, but at most %d are taken".formatted(items.size(), Stage.MOST));
    }
    List<Stage> stages = new ArrayList<>();
    for (YamlNode item : items) {
      String place = prefix + key + "." + (stages.size() + 1);
      if (!(item instanceof Mapping inner)) {
        throw ConfigException.at(
            file, item.line(), place + " must be keys and values, not " + item.kind());
      }
      ReadKeys keys = new ReadKeys(file, inner, place + ".");
      stages.add(keys.placed(() -> keys.stage("stage " + (stages.size() + 1), run)));
    }
    return stages;
  }

  private Stage stage(String defaultName, TrainConfig run) {
    Stage nothing = new Stage(defaultName, 1, new LinkedHashMap<>());
    SequencedMap<String, Object> known = nothing.tree();
    known.putAll(WriteKeys.of(run, Stage::bind));
    UnknownKeys.refuse(file, mapping, known, prefix);
    if (!says("epochs")) {
      throw new InvalidSettingException("epochs", "is missing: say how many epochs the stage has");
    }
    TrainConfig settings = Stage.bind(this, run);
    return new Stage(
        text("name", defaultName),
        count("epochs", 1),
        said(mapping, WriteKeys.of(settings, Stage::bind)));
  }

  /** The part of a tree whose keys a mapping sets. */
  private static SequencedMap<String, Object> said(Mapping mapping, Map<String, Object> tree) {
    // A key that replaces all others of its section.
    boolean all =
        tree.entrySet().stream()
            .anyMatch(
                e ->
                    e.getValue() instanceof OptionalInt
                        && mapping.entries().containsKey(e.getKey()));
    SequencedMap<String, Object> said = new LinkedHashMap<>();
    tree.forEach(
        (key, value) -> {
          YamlNode node = mapping.entries().get(key);
          if (value instanceof Tree(var inner)) {
            if (node instanceof Mapping section) {
              said.put(key, new Tree(said(section, inner)));
            }
          } else if (!(value instanceof OptionalInt) && (all || node != null)) {
            said.put(key, value);
          }
        });
    return said;
  }

  @Override
  public <T> T section(String key, T value, Binding<T> binding) {
    if (!says(key)) {
      return value;
    }
    return switch (node(key)) {
      case Mapping inner -> new ReadKeys(file, inner, prefix + key + ".").bind(value, binding);
      case Empty _ -> value;
      default -> throw wrong(key, "keys and values", node(key));
    };
  }

  @Override
  public boolean says(String key) {
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

  // YAML 1.1 reads 3e-4 as a text, so numbers are parsed from the text whatever type YAML gives it.
  private double parseDouble(String key, String text) {
    requireNoOctal(key, text);
    try {
      double value = PlainNumber.parse(text);
      if (Double.isFinite(value)) {
        return value;
      }
    } catch (NumberFormatException e) {
      // reported below
    }
    throw wrong(key, "a number", node(key));
  }

  private long parseLong(String key, String text) {
    requireNoOctal(key, text);
    String digits = UNDERSCORE.matcher(text).replaceAll("");
    try {
      return PlainNumber.parseWhole(digits);
    } catch (NumberFormatException e) {
      boolean tooLarge = PlainNumber.isWhole(digits);
      throw wrong(key, tooLarge ? "a whole number below 2^63" : "a whole number", node(key));
    }
  }

  /** 010 is ambiguous: it could mean 8 or 10. */
  private static void requireNoOctal(String key, String text) {
    if (PlainNumber.isOctal(text)) {
      throw new InvalidSettingException(
          key,
          "must be a number without a 0 at its beginning, not '%s', which YAML 1.1 reads as %s"
              .formatted(text, new BigInteger(text.replace("_", ""), 8)));
    }
  }

  private static InvalidSettingException wrong(String key, String expected, YamlNode found) {
    return new InvalidSettingException(key, "must be " + expected + ", not " + found.kind());
  }
}
