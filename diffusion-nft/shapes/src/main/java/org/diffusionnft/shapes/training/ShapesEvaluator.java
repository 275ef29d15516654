package org.diffusionnft.shapes.training;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.diffusionnft.images.Images;
import org.diffusionnft.images.Pixels;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.models.adapter.ForwardPass;
import org.diffusionnft.models.transformer.Mmdit;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.rewards.WeightedRewards;
import org.diffusionnft.rewards.WeightedRewards.Scores;
import org.diffusionnft.shapes.Judge;
import org.diffusionnft.shapes.ShapesPictures;
import org.diffusionnft.shapes.evaluation.HeldOut;
import org.diffusionnft.shapes.evaluation.ScoreJson;
import org.diffusionnft.shapes.evaluation.ScoreTable;
import org.diffusionnft.shapes.model.ShapesSampler;
import org.diffusionnft.trainer.Gallery;
import org.diffusionnft.trainer.Stop;
import org.diffusionnft.trainer.config.SamplingSettings;
import org.diffusionnft.trainer.evaluation.Evaluation;
import org.diffusionnft.trainer.evaluation.Evaluator;
import org.diffusionnft.weights.io.StrictJson;
import org.jspecify.annotations.Nullable;

/**
 * The strict score of one picture of each held-out prompt of the world.
 *
 * @param stage index of the stage that it evaluates
 * @param rewards that are measured as well, or null for none
 */
record ShapesEvaluator(
    int stage,
    Mmdit model,
    HeldOut heldOut,
    SamplingSettings settings,
    @Nullable WeightedRewards rewards)
    implements Evaluator {

  @Override
  public List<Prompt> prompts() {
    return heldOut.captions().stream().map(Prompt::of).toList();
  }

  @Override
  public int batchSize() {
    return settings.batchSize();
  }

  /** All pictures: they are small, and judged once all are made. */
  @Override
  public int kept() {
    return heldOut.prompts().size();
  }

  @Override
  public Optional<WeightedRewards> scoring() {
    return Optional.ofNullable(rewards);
  }

  @Override
  public Images sample(Adapter adapter, List<Prompt> batch, int first, Stop stop) {
    stop.check();
    return new ShapesSampler(model, ForwardPass.with(adapter), settings)
        .sample(batch.stream().map(Prompt::text).toList(), heldOut.seed(), first);
  }

  @Override
  public Evaluation report(Gallery gallery) {
    List<float[]> images = gallery.values();
    ScoreTable table = ScoreTable.judge(heldOut.prompts(), images);
    ObjectNode json = StrictJson.object();
    json.setAll(ScoreJson.of(table));
    json.put("graded", table.total().graded());
    List<Pixels> pictures = new ArrayList<>();
    List<Double> scores = new ArrayList<>();
    for (int i = 0; i < images.size(); i++) {
      float[] image = images.get(i);
      pictures.add(ShapesPictures.pixels(image));
      scores.add(Judge.judge(heldOut.prompts().get(i), image).graded());
    }
    double strict = 100 * table.total().strict();
    String summary = String.format(Locale.ROOT, "strict score %.1f %%", strict);
    Scores measured = gallery.scores();
    if (measured == null) {
      return new Evaluation(summary, json, heldOut.captions(), pictures, scores);
    }
    ObjectNode means = json.putObject("rewards");
    measured.means().forEach(means::put);
    return new Evaluation(
        summary, json, heldOut.captions(), pictures, scores, measured.components());
  }
}
