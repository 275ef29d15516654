package org.diffusionnft.shapes;

import java.util.Collections;
import java.util.List;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.transformer.Conditioning;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Tensor;

/** Captions as model inputs. */
public final class Captions {
  private Captions() {}

  /**
   * Encodes a batch of captions; the empty one is the unconditional caption. The tensors belong to
   * the innermost open scope.
   *
   * @throws IllegalArgumentException if a word is unknown; the message names the nearest
   */
  public static Conditioning encode(Device device, WordVectors vectors, List<String> captions) {
    int batch = captions.size();
    int width = vectors.dim();
    int words = Vocabulary.MAX_TOKENS * width;
    float[] tokens = new float[batch * words];
    float[] pooled = new float[batch * width];
    for (int b = 0; b < batch; b++) {
      int[] ids = Vocabulary.encode(captions.get(b));
      System.arraycopy(vectors.tokens(ids), 0, tokens, b * words, words);
      System.arraycopy(vectors.pooled(ids), 0, pooled, b * width, width);
    }
    return new Conditioning(
        Variable.constant(Tensor.of(device, tokens, batch, Vocabulary.MAX_TOKENS, width)),
        Variable.constant(Tensor.of(device, pooled, batch, width)));
  }

  /** A batch of unconditional captions. */
  public static Conditioning empty(Device device, WordVectors vectors, int batch) {
    return encode(device, vectors, Collections.nCopies(batch, ""));
  }
}
