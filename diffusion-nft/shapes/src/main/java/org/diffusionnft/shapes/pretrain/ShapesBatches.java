package org.diffusionnft.shapes.pretrain;

import org.diffusionnft.shapes.PromptMix;
import org.diffusionnft.shapes.SceneLayout;
import org.diffusionnft.shapes.SceneRenderer;
import org.diffusionnft.shapes.ShapesPrompt;
import org.diffusionnft.shapes.ShapesPrompts;
import org.diffusionnft.shapes.ShapesWorld;
import org.diffusionnft.shapes.Vocabulary;
import org.diffusionnft.shapes.WordVectors;
import org.diffusionnft.tensor.Philox;

/**
 * An endless stream of captioned pictures, drawn on the fly. A batch is a function of the seed and
 * its step, so nothing needs to be saved.
 */
final class ShapesBatches {
  private final PretrainSettings settings;
  private final WordVectors vectors;

  ShapesBatches(PretrainSettings settings, WordVectors vectors) {
    this.settings = settings;
    this.vectors = vectors;
  }

  /** The batch of a step. */
  ShapesBatch at(long step) {
    int samples = settings.batch();
    int pixels = ShapesWorld.PIXELS;
    int width = vectors.dim();
    int words = Vocabulary.MAX_TOKENS * width;
    ShapesBatch batch =
        new ShapesBatch(
            new float[samples * pixels],
            new float[samples * pixels],
            new float[samples],
            new float[samples * words],
            new float[samples * width]);
    for (int b = 0; b < samples; b++) {
      long index = step * samples + b;
      Philox.Sequence random = RandomStream.SCENE.at(settings.seed(), index).sequence(0);
      ShapesPrompt prompt = new ShapesPrompts(random).forTraining(PromptMix.GENEVAL);
      float[] image =
          SceneRenderer.render(new SceneLayout(random).loose(prompt, settings.captionMistakes()));
      Philox level = RandomStream.LEVEL.at(settings.seed(), index);
      boolean dropped = level.uniforms(0, 1)[0] < settings.captionDropout();
      float sigma = level(level.normals(4, 1)[0]);
      noise(image, sigma, index, batch, b);
      int[] ids = Vocabulary.encode(dropped ? "" : prompt.text());
      System.arraycopy(vectors.tokens(ids), 0, batch.tokens(), b * words, words);
      System.arraycopy(vectors.pooled(ids), 0, batch.pooled(), b * width, width);
    }
    return batch;
  }

  private void noise(float[] image, float sigma, long index, ShapesBatch batch, int b) {
    float[] noise = RandomStream.NOISE.at(settings.seed(), index).normals(0, image.length);
    batch.levels()[b] = sigma;
    for (int i = 0; i < image.length; i++) {
      int at = b * image.length + i;
      batch.noised()[at] = (1 - sigma) * image[i] + sigma * noise[i];
      batch.target()[at] = noise[i] - image[i];
    }
  }

  /** Logit-normal noise levels (Esser et al., arXiv 2403.03206, section 3.1). */
  private float level(float normal) {
    double x = settings.levelMean() + settings.levelSpread() * normal;
    return (float) (1 / (1 + StrictMath.exp(-x)));
  }
}
