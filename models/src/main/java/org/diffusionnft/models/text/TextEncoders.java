package org.diffusionnft.models.text;

import java.io.IOException;
import java.util.function.Function;
import org.diffusionnft.models.tokenizer.Tokenizer;
import org.diffusionnft.tensor.Device;

/**
 * Stable Diffusion 3's text encoders and their tokenizers, wherever they are stored. Encoders are
 * lent for one use: they are loaded before it and released after it, so that never two are in
 * memory.
 */
public interface TextEncoders {
  /** The tokenizer of CLIP-L. */
  Tokenizer clipLTokenizer() throws IOException;

  /** The tokenizer of OpenCLIP bigG. */
  Tokenizer clipGTokenizer() throws IOException;

  /** The tokenizer of T5; available only if T5 is. */
  Tokenizer t5Tokenizer() throws IOException;

  /** Lends CLIP-L. */
  <R> R useClipL(Device device, Function<ClipTextEncoder, R> use) throws IOException;

  /** Lends OpenCLIP bigG. */
  <R> R useClipG(Device device, Function<ClipTextEncoder, R> use) throws IOException;

  /** Whether T5 is available. */
  boolean hasT5() throws IOException;

  /** Lends T5. */
  <R> R useT5(Device device, Function<T5Encoder, R> use) throws IOException;
}
