package org.diffusionnft.trainer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.diffusionnft.images.Images;
import org.diffusionnft.rewards.WeightedRewards.Scores;
import org.jspecify.annotations.Nullable;

/**
 * Held-out pictures.
 *
 * @param kept the first of them, in batches
 * @param scores of all pictures; null if they were not scored where they were made
 */
public record Gallery(List<Images> kept, @Nullable Scores scores) {
  /** Keeps a copy of the list. */
  public Gallery {
    kept = List.copyOf(kept);
  }

  /** The values of each kept picture, {@code [C, H, W]}. */
  public List<float[]> values() {
    List<float[]> values = new ArrayList<>();
    for (Images batch : kept) {
      for (int i = 0; i < batch.count(); i++) {
        values.add(batch.image(i));
      }
    }
    return values;
  }

  /** The pictures of a batch that are kept. */
  static Images keep(Images batch, int first, int kept) {
    int count = Math.clamp(kept - first, 0, batch.count());
    return count == batch.count()
        ? batch
        : new Images(
            Arrays.copyOf(batch.values(), count * batch.size()),
            batch.channels(),
            batch.height(),
            batch.width());
  }
}
