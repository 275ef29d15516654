package org.diffusionnft.weights.checkpoint;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import org.diffusionnft.models.solver.FlowMatchSchedule;
import org.diffusionnft.models.solver.Spacing;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.JsonFields;
import org.diffusionnft.weights.io.StrictJson;

/** The noise schedule in a {@code scheduler_config.json}. */
public final class SchedulerConfigFile {
  private static final String TYPE = "FlowMatchEulerDiscreteScheduler";

  private static final SequencedMap<String, Spacing> SPACINGS = new LinkedHashMap<>();

  static {
    SPACINGS.put("use_karras_sigmas", Spacing.KARRAS);
    SPACINGS.put("use_exponential_sigmas", Spacing.EXPONENTIAL);
    SPACINGS.put("use_beta_sigmas", Spacing.BETA);
  }

  /** Supported options, and those of a dynamic shift, which must be off. */
  private static final Set<String> UNDERSTOOD =
      Set.of(
          "num_train_timesteps",
          "shift",
          "use_karras_sigmas",
          "use_exponential_sigmas",
          "use_beta_sigmas",
          "base_shift",
          "max_shift",
          "base_image_seq_len",
          "max_image_seq_len",
          "time_shift_type");

  private SchedulerConfigFile() {}

  /**
   * Reads a file.
   *
   * @throws InvalidFileException if it is missing, is not of the flow matching scheduler, or
   *     enables an unsupported option
   */
  public static FlowMatchSchedule.Config read(Path file) throws InvalidFileException {
    JsonFields fields = new JsonFields(file, StrictJson.readObject(file));
    if (!fields.text("_class_name").equals(TYPE)) {
      throw fields.unsupported("_class_name", List.of(TYPE));
    }
    fields.requireOff(UNDERSTOOD, "of " + TYPE);
    try {
      return new FlowMatchSchedule.Config(
          fields.integer("num_train_timesteps", 1000), fields.number("shift", 1), spacing(fields));
    } catch (IllegalArgumentException e) {
      throw new InvalidFileException(file, String.valueOf(e.getMessage()), e);
    }
  }

  private static Spacing spacing(JsonFields fields) throws InvalidFileException {
    Spacing chosen = Spacing.SHIFTED;
    for (Map.Entry<String, Spacing> e : SPACINGS.entrySet()) {
      if (fields.flag(e.getKey(), false)) {
        if (chosen != Spacing.SHIFTED) {
          throw new InvalidFileException(
              fields.file(), "has more than one of " + SPACINGS.keySet() + " on");
        }
        chosen = e.getValue();
      }
    }
    return chosen;
  }

  /** The inverse of {@link #read}. */
  static ObjectNode toJson(FlowMatchSchedule.Config config) {
    ObjectNode json = StrictJson.object();
    json.put("_class_name", TYPE);
    json.put("_diffusers_version", "0.40.0.dev0");
    json.put("num_train_timesteps", config.trainTimesteps());
    json.put("shift", config.shift());
    json.put("use_dynamic_shifting", false);
    SPACINGS.forEach(
        (key, spacing) -> {
          if (config.spacing() == spacing) {
            json.put(key, true);
          }
        });
    return json;
  }
}
