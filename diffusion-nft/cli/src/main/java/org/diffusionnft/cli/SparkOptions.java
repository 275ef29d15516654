package org.diffusionnft.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.ServiceLoader;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.trainer.run.CrewConnection;
import org.diffusionnft.trainer.run.CrewProvider;
import org.diffusionnft.trainer.run.CrewRequest;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of a run that is distributed to a cluster. */
final class SparkOptions {
  @Option(
      names = "--spark-master",
      paramLabel = "URL",
      description =
          "Distributes the work to Apache Spark executors, with bitwise the same result:"
              + " spark://HOST:PORT, yarn, k8s://URL, or local-cluster[EXECUTORS,CORES,MIB] on"
              + " this machine.")
  private @Nullable String master;

  @Option(
      names = "--spark-conf",
      paramLabel = "KEY=VALUE",
      description = "With --spark-master: a Spark setting, such as spark.executor.memory=8g.")
  private Map<String, String> settings = new LinkedHashMap<>();

  @Option(
      names = "--ship-model",
      description =
          "With --spark-master: sends the model's files to the executors. Default: they open the"
              + " same path on a shared file system.")
  private boolean shipModel;

  /**
   * Connects to the requested cluster.
   *
   * @return null if none was requested
   */
  @Nullable CrewConnection connect(
      Path folder, Device device, ComputeOptions compute, @Nullable Path cache) throws IOException {
    if (master == null) {
      if (shipModel || !settings.isEmpty()) {
        throw new InvalidInputException(
            "--spark-conf and --ship-model are of use with --spark-master only: add it");
      }
      return null;
    }
    CrewProvider provider =
        ServiceLoader.load(CrewProvider.class)
            .findFirst()
            .orElseThrow(
                () ->
                    new InvalidInputException(
                        "this build comes without Spark: start with './dnft train --spark-master"
                            + " ...' from a checkout, which builds the other, or with"
                            + " spark-submit and dnft-spark.jar"));
    return provider.connect(
        new CrewRequest(
            master,
            "dnft " + folder.getFileName(),
            settings,
            compute.askedThreads(),
            shipModel,
            device,
            cache));
  }
}
