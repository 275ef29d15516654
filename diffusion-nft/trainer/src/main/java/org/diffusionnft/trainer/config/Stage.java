package org.diffusionnft.trainer.config;

import static org.diffusionnft.trainer.config.InvalidSettingException.requireWithin;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.UnaryOperator;

/**
 * A part of a run that learns something else, or in another way, than the rest of it. Settings that
 * it leaves out are the run's. The paper's best model (arXiv 2509.16117, appendix C) is trained in
 * five.
 *
 * @param name a display name, one line
 * @param epochs number of epochs
 * @param changes keys that differ from the run's, with their values, as {@link WriteKeys} records
 *     them
 */
public record Stage(String name, int epochs, SequencedMap<String, Object> changes) {
  /** The most stages that a run may have. */
  static final int MOST = 100;

  private static final int LONGEST_NAME = 60;

  /** Checks name and length. */
  public Stage {
    boolean line = !name.isBlank() && name.length() <= LONGEST_NAME;
    if (!line || name.chars().anyMatch(Character::isISOControl)) {
      throw new InvalidSettingException(
          "name", "must be one line of 1 to %d characters".formatted(LONGEST_NAME));
    }
    requireWithin("epochs", epochs, 1, TrainConfig.MOST_EPOCHS);
    changes = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(changes));
  }

  /**
   * Reads the settings of a stage.
   *
   * @param keys what the stage sets
   * @param run the defaults of what it leaves out
   * @return settings without stages
   */
  static TrainConfig bind(Keys keys, TrainConfig run) {
    TrainConfig settings =
        run.with(
            stage ->
                stage
                    .stages(List.of())
                    .rewards(keys.rewards("rewards", run.rewards()))
                    .prompts(keys.section("prompts", run.prompts(), PromptSettings::bind))
                    .sampling(keys.section("sampling", run.sampling(), SamplingSettings::bind))
                    .training(keys.section("training", run.training(), TrainingSettings::bind))
                    .loss(keys.section("loss", run.loss(), LossSettings::bind))
                    .grpo(keys.section("grpo", run.grpo(), GrpoSettings::bind))
                    .awm(keys.section("awm", run.awm(), AwmSettings::bind))
                    .crd(keys.section("crd", run.crd(), CrdSettings::bind))
                    .oldPolicy(
                        keys.section("oldPolicy", run.oldPolicy(), TrainConfig::bindOldPolicy)));
    if (settings.sampling().mergeLimitMb() != run.sampling().mergeLimitMb()) {
      throw new InvalidSettingException(
          "sampling", "cannot change mergeLimitMb in a stage: it is the whole run's");
    }
    if (settings.sampling().precision() != run.sampling().precision()
        || settings.training().precision() != run.training().precision()) {
      throw new InvalidSettingException(
          settings.sampling().precision() != run.sampling().precision() ? "sampling" : "training",
          "cannot change precision in a stage: it is the whole run's");
    }
    return settings;
  }

  /**
   * The stage's settings within a run.
   *
   * @throws InvalidSettingException if they conflict with the run's other settings
   */
  TrainConfig in(TrainConfig run) {
    try {
      return bind(new TreeKeys(changes), run);
    } catch (InvalidSettingException e) {
      throw new InvalidSettingException(
          "stages", "do not fit the run in stage '%s': %s".formatted(name, e.getMessage()));
    }
  }

  /** The same stage with prompts at another place, see {@link TrainConfig#relocated}. */
  Stage relocated(UnaryOperator<String> place) {
    if (!(changes.get("prompts") instanceof WriteKeys.Tree(var prompts))
        || !(prompts.get("source") instanceof String source)) {
      return this;
    }
    SequencedMap<String, Object> moved = new LinkedHashMap<>(prompts);
    moved.put("source", place.apply(source));
    SequencedMap<String, Object> all = new LinkedHashMap<>(changes);
    all.put("prompts", new WriteKeys.Tree(moved));
    return new Stage(name, epochs, all);
  }

  /** Name, length and changes, for writing. */
  SequencedMap<String, Object> tree() {
    SequencedMap<String, Object> tree = new LinkedHashMap<>();
    tree.put("name", name);
    tree.put("epochs", (long) epochs);
    tree.putAll(changes);
    return tree;
  }

  /** The total number of epochs. */
  static int sum(List<Stage> stages) {
    long sum = stages.stream().mapToLong(Stage::epochs).sum();
    if (sum > TrainConfig.MOST_EPOCHS) {
      throw new InvalidSettingException(
          "stages",
          "add up to %d epochs, but a run has at most %d".formatted(sum, TrainConfig.MOST_EPOCHS));
    }
    return (int) sum;
  }

  /** The same stages; the last one is lengthened if they end before an epoch. */
  static List<Stage> reaching(List<Stage> stages, int epochs) {
    int more = epochs - sum(stages);
    if (stages.isEmpty() || more <= 0) {
      return stages;
    }
    Stage last = stages.getLast();
    List<Stage> longer = new ArrayList<>(stages);
    longer.set(
        stages.size() - 1, new Stage(last.name, Math.addExact(last.epochs, more), last.changes));
    return longer;
  }
}
