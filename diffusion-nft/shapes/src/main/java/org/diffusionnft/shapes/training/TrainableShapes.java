package org.diffusionnft.shapes.training;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.diffusionnft.images.Pixels;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.models.adapter.ForwardPass;
import org.diffusionnft.models.transformer.Mmdit;
import org.diffusionnft.shapes.Judge;
import org.diffusionnft.shapes.ShapesPictures;
import org.diffusionnft.shapes.evaluation.HeldOut;
import org.diffusionnft.shapes.evaluation.ScoreJson;
import org.diffusionnft.shapes.model.ShapesModel;
import org.diffusionnft.shapes.model.ShapesSampler;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.trainer.Stop;
import org.diffusionnft.trainer.TrainingTask;
import org.diffusionnft.trainer.config.TrainConfig;
import org.diffusionnft.trainer.evaluation.Evaluation;
import org.diffusionnft.trainer.evaluation.Evaluator;
import org.diffusionnft.trainer.run.Trainable;
import org.diffusionnft.weights.io.StrictJson;

/** A model of ShapesWorld and its prompts. */
public final class TrainableShapes implements Trainable {
  private final TrainConfig config;
  private final Mmdit model;
  private final TrainingTask task;

  private TrainableShapes(TrainConfig config, Mmdit model, TrainingTask task) {
    this.config = config;
    this.model = model;
    this.task = task;
  }

  /** Whether a configuration is about ShapesWorld. */
  public static boolean isMeant(TrainConfig config) {
    return config.model().equals(ShapesTask.NAME)
        || config.prompts().source().equals(ShapesTask.NAME);
  }

  /**
   * Opens the model that is shipped, or one from a folder.
   *
   * @throws IOException if there is none
   * @throws IllegalArgumentException if a reward is unknown, or the prompts are of another world
   */
  public static TrainableShapes open(TrainConfig config, Device device) throws IOException {
    Mmdit model =
        config.model().equals(ShapesTask.NAME)
            ? ShapesModel.shipped(device)
            : ShapesModel.load(Path.of(config.model()), device);
    boolean opened = false;
    try {
      HeldOut.of(config.evaluation().prompts()); // a wrong number is told before any work
      TrainableShapes trainable = new TrainableShapes(config, model, ShapesTask.of(model, config));
      opened = true;
      return trainable;
    } finally {
      if (!opened) {
        model.close();
      }
    }
  }

  @Override
  public TrainingTask task() {
    return task;
  }

  @Override
  public Evaluator evaluator() {
    HeldOut heldOut = HeldOut.of(config.evaluation().prompts());
    return (adapter, stop) -> evaluate(heldOut, adapter, stop);
  }

  private Evaluation evaluate(HeldOut heldOut, Adapter adapter, Stop stop) {
    ShapesSampler sampler =
        new ShapesSampler(model, ForwardPass.with(adapter), config.evaluation().sampling());
    HeldOut.Outcome outcome = heldOut.evaluate(sampler, _ -> stop.check());
    ObjectNode json = StrictJson.object();
    json.setAll(ScoreJson.of(outcome.scores()));
    json.put("graded", outcome.scores().total().graded());
    List<Pixels> pictures = new ArrayList<>();
    List<Double> scores = new ArrayList<>();
    for (int i = 0; i < outcome.images().size(); i++) {
      float[] image = outcome.images().get(i);
      pictures.add(ShapesPictures.pixels(image));
      scores.add(Judge.judge(heldOut.prompts().get(i), image).graded());
    }
    double strict = 100 * outcome.scores().total().strict();
    String summary = String.format(Locale.ROOT, "strict score %.1f %%", strict);
    return new Evaluation(summary, json, heldOut.captions(), pictures, scores);
  }

  @Override
  public void close() {
    task.rewards().close();
    model.close();
  }
}
