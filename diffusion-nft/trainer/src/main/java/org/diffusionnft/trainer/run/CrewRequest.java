package org.diffusionnft.trainer.run;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;
import org.diffusionnft.tensor.Device;
import org.jspecify.annotations.Nullable;

/**
 * What a run asks of a cluster.
 *
 * @param master where the cluster is: {@code spark://host:7077}
 * @param name of the run, as the cluster shows it
 * @param settings of the cluster's own, by key
 * @param threads that compute in each of its processes, if that was said
 * @param shipModel whether the model's files are sent to the processes, which else open the same
 *     path
 * @param device of this process; the others compute on one like it
 * @param cache folder of embedded prompts, in each process; null for none
 */
public record CrewRequest(
    String master,
    String name,
    Map<String, String> settings,
    OptionalInt threads,
    boolean shipModel,
    Device device,
    @Nullable Path cache) {
  /** Keeps a copy of the settings. */
  public CrewRequest {
    settings = Map.copyOf(new LinkedHashMap<>(settings));
  }
}
