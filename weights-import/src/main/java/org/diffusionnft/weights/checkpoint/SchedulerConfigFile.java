package org.diffusionnft.weights.checkpoint;

import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import org.diffusionnft.models.solver.FlowMatchSchedule;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.JsonFields;
import org.diffusionnft.weights.io.StrictJson;

/** The noise schedule in a {@code scheduler_config.json}. */
public final class SchedulerConfigFile {
  private static final String TYPE = "FlowMatchEulerDiscreteScheduler";

  private SchedulerConfigFile() {}

  /**
   * Reads a file.
   *
   * @throws InvalidFileException if it is missing or of another scheduler than flow matching's
   */
  public static FlowMatchSchedule.Config read(Path file) throws InvalidFileException {
    JsonFields fields = new JsonFields(file, StrictJson.readObject(file));
    if (!fields.text("_class_name").equals(TYPE)) {
      throw fields.unsupported("_class_name", List.of(TYPE));
    }
    fields.require("use_dynamic_shifting", BooleanNode.FALSE);
    try {
      return new FlowMatchSchedule.Config(
          fields.integer("num_train_timesteps", 1000), fields.number("shift", 1));
    } catch (IllegalArgumentException e) {
      throw new InvalidFileException(file, String.valueOf(e.getMessage()), e);
    }
  }

  /** The inverse of {@link #read}. */
  static ObjectNode toJson(FlowMatchSchedule.Config config) {
    ObjectNode json = StrictJson.object();
    json.put("_class_name", TYPE);
    json.put("_diffusers_version", "0.40.0.dev0");
    json.put("num_train_timesteps", config.trainTimesteps());
    json.put("shift", config.shift());
    json.put("use_dynamic_shifting", false);
    return json;
  }
}
