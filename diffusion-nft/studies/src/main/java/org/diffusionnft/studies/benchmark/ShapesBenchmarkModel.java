package org.diffusionnft.studies.benchmark;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.diffusionnft.images.Images;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.models.adapter.ForwardPass;
import org.diffusionnft.models.transformer.Mmdit;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.shapes.model.ShapesModel;
import org.diffusionnft.shapes.model.ShapesSampler;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.trainer.Stop;
import org.diffusionnft.weights.peft.AdapterFile;

/** A model of ShapesWorld. */
public final class ShapesBenchmarkModel implements BenchmarkModel {
  private final BenchmarkSettings settings;
  private final Mmdit model;

  private ShapesBenchmarkModel(BenchmarkSettings settings, Mmdit model) {
    this.settings = settings;
    this.model = model;
  }

  /**
   * Opens the built-in model, or one from a folder.
   *
   * @throws IOException if there is none
   */
  public static ShapesBenchmarkModel open(BenchmarkSettings settings, Device device)
      throws IOException {
    return new ShapesBenchmarkModel(settings, ShapesModel.open(settings.model(), device));
  }

  @Override
  public Images sample(ForwardPass policy, List<Prompt> prompts, int first, Stop stop) {
    stop.check();
    return new ShapesSampler(model, policy, settings.sampling())
        .sample(prompts.stream().map(Prompt::text).toList(), settings.seed(), first);
  }

  @Override
  public Adapter adapter(Path path) throws IOException {
    return AdapterFile.load(path, model.config(), model.device());
  }

  @Override
  public void close() {
    model.close();
  }
}
