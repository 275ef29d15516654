package org.diffusionnft.spark;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.spark.api.java.JavaSparkContext;
import org.diffusionnft.trainer.config.TrainConfig;

/** Sends files along to the processes of a cluster. */
final class Shipping {
  static final String MODEL = "model";
  static final String PROMPTS = "prompts.source";
  static final String HELD_OUT = "evaluation.source";

  private Shipping() {}

  /**
   * Sends a run's prompts, which are small, and its model if that is wanted.
   *
   * @return the name of each file or folder in the processes, by the setting that names it
   */
  static Map<String, String> ship(JavaSparkContext spark, TrainConfig config, boolean withModel) {
    Map<String, Path> sources = new LinkedHashMap<>();
    if (withModel) {
      sources.put(MODEL, Path.of(config.model()));
    }
    sources.put(PROMPTS, Path.of(config.prompts().source()));
    sources.put(HELD_OUT, Path.of(config.evaluation().source()));
    Map<String, String> names = new LinkedHashMap<>();
    sources.forEach(
        (setting, path) -> {
          Path absolute = path.toAbsolutePath().normalize();
          String name = String.valueOf(absolute.getFileName());
          // Two of one name cannot be sent: the second is then looked for where it is.
          if (Files.exists(absolute) && !names.containsValue(name)) {
            spark.addFile(absolute.toString(), true);
            names.put(setting, name);
          }
        });
    return names;
  }
}
