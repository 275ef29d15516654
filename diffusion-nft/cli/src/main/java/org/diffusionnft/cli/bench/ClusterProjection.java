package org.diffusionnft.cli.bench;

import java.util.PriorityQueue;
import org.diffusionnft.models.adapter.AdapterConfig;
import org.diffusionnft.models.transformer.MmditLayout;
import org.diffusionnft.tensor.Philox;
import org.diffusionnft.trainer.config.TrainConfig;

/**
 * An estimate of an epoch's duration on a cluster: orders of varying duration go to whichever
 * executor is free, and what passes through the driver takes time there. Arithmetic and a small
 * simulation, not a measurement.
 *
 * @param config of the run
 * @param size of its model
 * @param gflops an executor's speed, in billions of operations per second
 * @param networkBytes bandwidth of a machine's network, in bytes per second in each direction
 * @param memoryBytes bandwidth of the driver's memory while it adds, in bytes per second
 * @param orderSeconds the driver's time to send an order and receive its answer
 * @param spread standard deviation of the logarithm of an order's time
 */
public record ClusterProjection(
    TrainConfig config,
    ModelSize size,
    double gflops,
    double networkBytes,
    double memoryBytes,
    double orderSeconds,
    double spread) {
  private static final int LATENT_CHANNELS = 16;

  /** Copies of a broadcast that the driver itself sends; executors send it on to each other. */
  private static final int SENT = 2;

  /** Memory accesses of an addition: it reads a share and the sum, and writes the sum. */
  private static final int MOVED = 3;

  /**
   * An epoch.
   *
   * @param shards number of shares that a step's gradient is split into
   * @param sampling seconds spent on sampling
   * @param gradients seconds until the slowest executor is done, including the fetching of latents
   * @param driver seconds in which all executors wait for the driver
   * @param stepBytes bytes that pass through the driver per optimizer step
   */
  public record Epoch(
      int executors,
      int shards,
      double sampling,
      double gradients,
      double driver,
      double stepBytes) {
    /** The total time. */
    public double seconds() {
      return sampling + gradients + driver;
    }
  }

  /** Bytes of all matrices of the adapter. */
  public double adapterBytes() {
    AdapterConfig adapter = config.adapter().toConfig();
    double numbers = 0;
    for (var shape : adapter.adapted(MmditLayout.parameters(size.config())).values()) {
      numbers += (double) adapter.rank() * (shape.dim(0) + shape.dim(1));
    }
    return Float.BYTES * numbers;
  }

  /** An epoch on a number of executors. */
  public Epoch on(int executors) {
    int images = config.prompts().imagesPerEpoch();
    double forward = size.forwardFlops() / size.batch() / (gflops * 1e9);
    double trained = size.trainFlops(config.adapter().toConfig()) / size.batch() / (gflops * 1e9);
    int passes = config.loss().needsReference() ? 2 : 1; // the old policy's, and the base's
    int batch = config.sampling().batchSize();
    int batches = (images + batch - 1) / batch;
    double sampling = longest(executors, batches, batch * config.sampling().steps() * forward, 1);

    int steps = config.training().optimizerStepsPerEpoch();
    int descents = images / config.training().batchSize() / steps * config.trainedTimesteps();
    int shards = largestDivisor(descents, executors);
    double descent = config.training().batchSize() * (trained + passes * forward);
    double order = (double) descents / shards * descent;
    if (executors > 1) {
      order += latentBytes(batches, batch, descents, shards) / networkBytes;
    }
    double gradients = 0;
    for (int step = 0; step < steps; step++) {
      gradients += longest(executors, shards, order, 2 + step);
    }

    double adapter = adapterBytes();
    double broadcast = SENT * adapter / networkBytes;
    double gathered = shards * adapter * (1 / networkBytes + MOVED / memoryBytes);
    double driver =
        steps * (broadcast + gathered + shards * orderSeconds) + broadcast + batches * orderSeconds;
    double stepBytes = (SENT + shards) * adapter;
    return new Epoch(executors, shards, sampling, gradients, driver, stepBytes);
  }

  /**
   * The bytes that an order fetches from other executors: whole sampling batches, from which its
   * images are drawn at random.
   */
  private double latentBytes(int batches, int batch, int descents, int shards) {
    double trainedBatches = Math.max(1, (double) descents / shards / config.trainedTimesteps());
    double drawn = trainedBatches * config.training().batchSize();
    double fetched = batches * (1 - Math.pow(1 - 1.0 / batches, drawn));
    double latents = (double) LATENT_CHANNELS * size.latentSide() * size.latentSide() * Float.BYTES;
    return fetched * batch * latents;
  }

  /** The time when the last order is done, if each order goes to the first free executor. */
  private double longest(int executors, int orders, double seconds, long stream) {
    PriorityQueue<Double> free = new PriorityQueue<>();
    for (int i = 0; i < Math.min(executors, orders); i++) {
      free.add(0.0);
    }
    float[] normals = new Philox(config.seed(), stream).normals(0, orders);
    double last = 0;
    for (float normal : normals) {
      double start = free.remove();
      double end = start + seconds * Math.exp(spread * normal);
      free.add(end);
      last = Math.max(last, end);
    }
    return last;
  }

  private static int largestDivisor(int number, int most) {
    int divisor = Math.min(number, most);
    while (number % divisor != 0) {
      divisor--;
    }
    return divisor;
  }
}
