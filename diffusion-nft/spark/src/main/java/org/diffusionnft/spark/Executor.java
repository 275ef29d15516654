package org.diffusionnft.spark;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.spark.SparkEnv;
import org.diffusionnft.pipeline.PictureListener;
import org.diffusionnft.shapes.model.ShapesModel;
import org.diffusionnft.shapes.training.Trainables;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.DeviceException;
import org.diffusionnft.tensor.DeviceOptions;
import org.diffusionnft.tensor.Devices;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.trainer.Courier;
import org.diffusionnft.trainer.RemoteBench;
import org.diffusionnft.trainer.Stop;
import org.diffusionnft.trainer.config.TrainConfig;
import org.diffusionnft.trainer.evaluation.Evaluator;
import org.diffusionnft.trainer.run.Trainable;
import org.jspecify.annotations.Nullable;

/** The executor's side: it opens the bench for the first order and keeps it. */
final class Executor {
  private static @Nullable Executor current;

  private final byte[] setup;
  private final RemoteBench bench;
  private final Trainable trainable;
  private final Device device;

  private Executor(byte[] setup, RemoteBench bench, Trainable trainable, Device device) {
    this.setup = setup;
    this.bench = bench;
    this.trainable = trainable;
    this.device = device;
  }

  /**
   * Runs an order. If this process is unsuitable, that is the answer, since a failed order would be
   * retried here.
   */
  static synchronized byte[] run(
      byte[] setup,
      List<? extends Courier.Shared> shared,
      byte[] order,
      Iterator<byte[]> parts,
      Stop stop) {
    try {
      return opened(setup).bench.run(shared, order, parts, stop);
    } catch (InvalidInputException | IOException | DeviceException e) {
      return RemoteBench.refusal(name() + " cannot take part: " + e.getMessage());
    }
  }

  /** Makes a part of a stock. A failure occurs within the order that needs the part. */
  static synchronized byte[] make(
      byte[] setup, List<? extends Courier.Shared> shared, byte[] order, Stop stop)
      throws IOException {
    return opened(setup).bench.make(shared, order, stop);
  }

  /** A display name of this process. */
  private static String name() {
    String id = SparkEnv.get().executorId();
    return id.equals("driver") ? "this process" : "executor " + id + " on " + host();
  }

  private static String host() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "an unnamed host";
    }
  }

  private static Executor opened(byte[] bytes) throws IOException {
    Executor existing = current;
    if (existing != null && Arrays.equals(existing.setup, bytes)) {
      return existing;
    }
    if (existing != null) {
      current = null;
      existing.close();
    }
    Executor opened = open(bytes);
    current = opened;
    return opened;
  }

  private static Executor open(byte[] bytes) throws IOException {
    Setup setup = Setup.of(bytes);
    if (!setup.kernels().isEmpty()) {
      System.setProperty("dnft.kernels", setup.kernels());
    }
    TrainConfig config = here(setup);
    Path model = model(config);
    if (model != null && !Files.exists(model)) {
      throw new InvalidInputException(
          "it has no model at "
              + model
              + ": put it there on every machine, or send it along with --ship-model");
    }
    Device device = Devices.open(setup.device(), new DeviceOptions(setup.threads()));
    Trainable trainable = null;
    try {
      String difference =
          Fingerprint.of(device, model)
              .difference(setup.expected(), name(), "the run's own process");
      if (!difference.isEmpty()) {
        throw new InvalidInputException(difference);
      }
      Path cache = setup.cache() == null ? null : Path.of(setup.cache());
      trainable = Trainables.open(config, device, cache, PictureListener.NONE);
      RemoteBench bench = new RemoteBench(config, trainable.tasks(), evaluators(trainable));
      return new Executor(bytes, bench, trainable, device);
    } catch (IOException | RuntimeException e) {
      if (trainable != null) {
        trainable.close();
      }
      device.close();
      throw e;
    }
  }

  private static List<Evaluator> evaluators(Trainable trainable) {
    return IntStream.range(0, trainable.tasks().size()).mapToObj(trainable::evaluator).toList();
  }

  /** The file or folder of a configuration's model; null for the built-in one. */
  static @Nullable Path model(TrainConfig config) {
    return config.model().equals(ShapesModel.NAME) ? null : Path.of(config.model());
  }

  /** The configuration with the local paths of files that were sent along. */
  private static TrainConfig here(Setup setup) throws IOException {
    Map<String, String> places = new HashMap<>();
    for (Map.Entry<String, String> sent : setup.shipped().entrySet()) {
      places.put(sent.getKey(), Shipping.received(sent.getValue()).toString());
    }
    return setup.config().relocated(named -> places.getOrDefault(named, named));
  }

  private void close() {
    bench.close();
    trainable.close();
    device.close();
  }
}
