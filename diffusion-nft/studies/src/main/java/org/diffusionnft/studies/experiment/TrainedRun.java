package org.diffusionnft.studies.experiment;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.diffusionnft.shapes.training.TrainableShapes;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Opening;
import org.diffusionnft.trainer.Stop;
import org.diffusionnft.trainer.TrainingListener;
import org.diffusionnft.trainer.config.TrainConfig;
import org.diffusionnft.trainer.run.Resumption;
import org.diffusionnft.trainer.run.TrainRun;
import org.diffusionnft.trainer.run.Trainable;
import org.diffusionnft.weights.io.JsonLines;
import org.jspecify.annotations.Nullable;

/**
 * A run of an experiment in its folder, started or resumed.
 *
 * @param from what it resumes from, if it existed
 */
record TrainedRun(TrainRun run, @Nullable Resumption from) implements AutoCloseable {

  static boolean isDone(Path run, TrainConfig config) throws IOException {
    return JsonLines.read(run.resolve("metrics.jsonl")).size() >= config.epochs();
  }

  /** Trains to the end, unless already done. */
  static void train(
      Path run, TrainConfig config, Device device, ExperimentRun.Listener listener, Stop stop)
      throws IOException {
    String name = String.valueOf(run.getFileName());
    try (Trainable trainable = TrainableShapes.open(config, device);
        TrainedRun opened = open(run, config, trainable)) {
      TrainRun training = opened.run();
      if (!isDone(run, config) || !Files.exists(run.resolve("adapter"))) {
        TrainingListener progress = listener.training(name, training.epoch(), config.epochs());
        try {
          training.train(
              progress,
              (epoch, evaluation) ->
                  listener.scored(name, epoch, evaluation.numbers().path("total").asDouble()),
              stop);
        } finally {
          listener.trained();
        }
      }
    }
  }

  private static TrainedRun open(Path run, TrainConfig config, Trainable trainable)
      throws IOException {
    if (!TrainRun.isIn(run)) {
      return new TrainedRun(TrainRun.start(run, config, trainable), null);
    }
    try (Opening opening = new Opening()) {
      Resumption from = opening.add(Resumption.find(run));
      return opening.done(new TrainedRun(TrainRun.resume(from, trainable), from));
    }
  }

  @Override
  public void close() {
    run.close();
    if (from != null) {
      from.close();
    }
  }
}
