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
 * @param master address of the cluster: {@code spark://host:7077}
 * @param name of the run, as displayed by the cluster
 * @param settings the cluster's own settings, by key
 * @param threads compute threads in each of its processes, if specified
 * @param shipModel whether the model's files are sent to the processes; otherwise they open the
 *     same path
 * @param device of this process; the others compute on the same kind of device
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
