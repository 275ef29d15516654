package org.diffusionnft.shapes.training;

import java.io.IOException;
import java.nio.file.Path;
import org.diffusionnft.pipeline.PictureListener;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.trainer.config.TrainConfig;
import org.diffusionnft.trainer.run.Trainable;
import org.diffusionnft.trainer.run.TrainablePictures;
import org.jspecify.annotations.Nullable;

/** Opens the model of a configuration, whatever its kind. */
public final class Trainables {
  private Trainables() {}

  /**
   * Opens the model.
   *
   * @param cache folder that caches prompt embeddings, or null for none
   * @param listener receives warnings about truncated prompts
   * @throws IOException if a file is missing or damaged
   * @throws IllegalArgumentException if a reward is unknown, or settings do not fit the model
   */
  public static Trainable open(
      TrainConfig config, Device device, @Nullable Path cache, PictureListener listener)
      throws IOException {
    return TrainableShapes.isMeant(config)
        ? TrainableShapes.open(config, device)
        : TrainablePictures.open(config, device, cache, listener);
  }
}
