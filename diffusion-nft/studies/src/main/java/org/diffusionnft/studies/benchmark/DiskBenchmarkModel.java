package org.diffusionnft.studies.benchmark;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.diffusionnft.images.Images;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.models.adapter.ForwardPass;
import org.diffusionnft.models.sampling.MmditVelocity.Timesteps;
import org.diffusionnft.pipeline.PictureListener;
import org.diffusionnft.pipeline.PictureModel;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Opening;
import org.diffusionnft.trainer.Stop;
import org.diffusionnft.trainer.config.SamplingSettings;
import org.diffusionnft.trainer.evaluation.HeldOutSampler;
import org.jspecify.annotations.Nullable;

/**
 * A Stable Diffusion 3 model on disk, sampled like diffusers' pipeline in the reference code's
 * {@code scripts/evaluation.py}: with the model's own schedule, at exact timesteps.
 */
public final class DiskBenchmarkModel implements BenchmarkModel {
  private final PictureModel model;
  private final HeldOutSampler sampler;

  private DiskBenchmarkModel(PictureModel model, BenchmarkSettings settings) {
    this.model = model;
    SamplingSettings sampling = settings.sampling().withShift(model.schedule().shift());
    this.sampler =
        new HeldOutSampler(
            model,
            model.latents(settings.resolution()),
            sampling,
            Timesteps.EXACT,
            settings.seed());
  }

  /**
   * Opens the model.
   *
   * @param cache folder that caches prompt embeddings, or null for none
   * @param listener receives warnings about truncated prompts
   * @throws IOException if a part of it is missing or damaged
   * @throws org.diffusionnft.tensor.InvalidInputException if the resolution does not fit it
   */
  public static DiskBenchmarkModel open(
      BenchmarkSettings settings,
      PictureModel.Options options,
      Device device,
      @Nullable Path cache,
      PictureListener listener)
      throws IOException {
    try (Opening opening = new Opening()) {
      PictureModel model =
          opening.add(
              PictureModel.open(Path.of(settings.model()), options, device, cache, listener));
      model.requireTextEncoders();
      return opening.done(new DiskBenchmarkModel(model, settings));
    }
  }

  @Override
  public Images sample(ForwardPass policy, List<Prompt> prompts, int first, Stop stop) {
    return sampler.sample(policy, prompts, first, stop);
  }

  @Override
  public Adapter adapter(Path path) throws IOException {
    return model.adapter(path);
  }

  @Override
  public void close() {
    model.close();
  }
}
