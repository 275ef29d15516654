package org.diffusionnft.trainer.evaluation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import org.diffusionnft.images.Images;
import org.diffusionnft.images.Pixels;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.models.adapter.ForwardPass;
import org.diffusionnft.models.sampling.MmditVelocity.Timesteps;
import org.diffusionnft.pipeline.PictureModel;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.rewards.WeightedRewards;
import org.diffusionnft.rewards.WeightedRewards.Scores;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.trainer.Gallery;
import org.diffusionnft.trainer.Stop;
import org.diffusionnft.trainer.config.SamplingSettings;
import org.diffusionnft.weights.io.StrictJson;

/**
 * The mean rewards of one picture of each held-out prompt. The noise depends only on the prompt's
 * index, so two policies can be compared picture by picture.
 *
 * @param stage index of the stage that it evaluates
 * @param model that is evaluated
 * @param latents shape of one picture's latents, {@code [C, H, W]}
 * @param prompts at least one
 * @param settings how pictures are sampled
 * @param rewards the rewards to measure
 */
public record PictureEvaluator(
    int stage,
    PictureModel model,
    Shape latents,
    List<Prompt> prompts,
    SamplingSettings settings,
    WeightedRewards rewards)
    implements Evaluator {
  private static final long SEED = 7;
  private static final int SHOWN = 16;

  @Override
  public int batchSize() {
    return settings.batchSize();
  }

  @Override
  public int kept() {
    return SHOWN;
  }

  @Override
  public Optional<WeightedRewards> scoring() {
    return Optional.of(rewards);
  }

  @Override
  public Images sample(Adapter adapter, List<Prompt> batch, int first, Stop stop) {
    return new HeldOutSampler(model, latents, settings, Timesteps.TRUNCATED, SEED)
        .sample(ForwardPass.with(adapter), batch, first, stop);
  }

  @Override
  public Evaluation report(Gallery pictures) {
    Scores scores = Objects.requireNonNull(pictures.scores(), "the rewards' scores");
    List<Pixels> shown = new ArrayList<>();
    for (Images batch : pictures.kept()) {
      for (int i = 0; i < batch.count(); i++) {
        shown.add(batch.pixels(i));
      }
    }
    ObjectNode json = StrictJson.object();
    json.put("prompts", scores.total().length);
    json.put("reward", scores.mean());
    ObjectNode components = json.putObject("rewards");
    scores.means().forEach(components::put);
    String summary = String.format(Locale.ROOT, "mean reward %.4f", scores.mean());
    List<Double> totals = new ArrayList<>();
    for (int i = 0; i < shown.size(); i++) {
      totals.add((double) scores.total()[i]);
    }
    List<String> texts = prompts.subList(0, shown.size()).stream().map(Prompt::text).toList();
    return new Evaluation(summary, json, texts, shown, totals, scores.components());
  }
}
