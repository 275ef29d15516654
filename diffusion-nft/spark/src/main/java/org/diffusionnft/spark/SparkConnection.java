package org.diffusionnft.spark;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Map;
import org.apache.spark.api.java.JavaSparkContext;
import org.diffusionnft.trainer.Crew;
import org.diffusionnft.trainer.RemoteCrew;
import org.diffusionnft.trainer.config.TrainConfig;
import org.diffusionnft.trainer.run.CrewConnection;
import org.diffusionnft.trainer.run.CrewRequest;
import org.diffusionnft.trainer.run.Trainable;

/** A Spark application that is ready for a run. */
record SparkConnection(JavaSparkContext spark, Ledger ledger, CrewRequest request)
    implements CrewConnection {

  @Override
  public Crew crew(TrainConfig config, Trainable trainable) {
    try {
      TrainConfig here = located(config);
      Map<String, String> shipped = Shipping.ship(spark, here, request.shipModel());
      Path cache = request.cache();
      Setup setup =
          new Setup(
              here,
              request.device().name(),
              Integer.parseInt(spark.getConf().get(Settings.TASK_CORES)),
              System.getProperty("dnft.kernels", ""),
              cache == null ? null : cache.toString(),
              shipped,
              Fingerprint.of(request.device(), Executor.model(config)));
      return new RemoteCrew(config, trainable.tasks(), new SparkCourier(spark, ledger, setup));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Makes the model's path absolute, since executors have other working folders. */
  private static TrainConfig located(TrainConfig config) {
    Path model = Executor.model(config);
    return model == null ? config : config.withModel(model.toAbsolutePath().toString());
  }

  @Override
  public void close() {
    spark.stop();
  }
}
