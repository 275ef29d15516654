package org.diffusionnft.cli.bench;

import java.util.SequencedMap;
import java.util.stream.IntStream;
import org.diffusionnft.models.adapter.AdapterConfig;
import org.diffusionnft.models.transformer.MmditConfig;
import org.diffusionnft.models.transformer.MmditLayout;
import org.diffusionnft.models.transformer.QkNorm;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Shape;

/**
 * The part of Stable Diffusion 3.5 Medium that is run, and the size of its inputs.
 *
 * @param layers number of blocks from the first on, 1 to 24; the last of them drops the text stream
 * @param resolution side of the picture in pixels, a multiple of 16
 * @param batch batch size
 * @param context text tokens: 205 for 77 of CLIP and 128 of T5
 * @param heads attention heads of dimension 64; SD3.5-Medium has 24
 */
public record ModelSize(int layers, int resolution, int batch, int context, int heads) {
  private static final int PIXELS_PER_TOKEN = 16;
  private static final int ALL_LAYERS = 24;
  private static final int DUAL_LAYERS = 13;
  private static final int LARGEST_SIDE = 384;
  private static final int HEADS = 24;
  private static final int HEAD_DIM = 64;

  /**
   * Checks the ranges.
   *
   * @throws InvalidInputException that names the option
   */
  public ModelSize {
    require("layers", layers, ALL_LAYERS);
    require("batch", batch, 1024);
    require("context", context, 4096);
    if (resolution < PIXELS_PER_TOKEN
        || resolution > PIXELS_PER_TOKEN * LARGEST_SIDE
        || resolution % PIXELS_PER_TOKEN != 0) {
      throw new InvalidInputException(
          "--resolution must be a multiple of 16 up to 6144, not " + resolution);
    }
  }

  /** A size with the model's own number of heads. */
  public ModelSize(int layers, int resolution, int batch, int context) {
    this(layers, resolution, batch, context, HEADS);
  }

  private static void require(String option, int value, int most) {
    if (value < 1 || value > most) {
      throw new InvalidInputException("--" + option + " must be 1 to " + most + ", not " + value);
    }
  }

  /** The dimensions of the model; its positional embedding is only as large as the picture. */
  public MmditConfig config() {
    return new MmditConfig(
        128,
        2,
        16,
        layers,
        HEAD_DIM,
        heads,
        4096,
        HEAD_DIM * heads,
        2048,
        16,
        resolution / PIXELS_PER_TOKEN,
        IntStream.range(0, Math.min(DUAL_LAYERS, layers)).boxed().toList(),
        QkNorm.RMS_NORM);
  }

  /** Side of the latents. */
  long latentSide() {
    return resolution / 8;
  }

  /** Image tokens of one picture. */
  long imageTokens() {
    long side = resolution / PIXELS_PER_TOKEN;
    return side * side;
  }

  /**
   * Operations of a forward pass: {@code 2 T in out} for every linear layer and the T tokens that
   * pass through it, and {@code 4 S T C} for attention of S tokens to T. Norms, activations and
   * other elementwise work are not counted; neither is the last block's query layer for the text,
   * which has no effect.
   */
  public double forwardFlops() {
    return linearFlops() + attentionFlops();
  }

  /**
   * Operations of a step that trains an adapter: the forward pass; the linear layers once more, for
   * the gradients of their inputs (their weights are frozen); attention twice more, for its
   * gradients (four products instead of two; recomputing the scores is not counted); and the
   * adapter's matrices three times.
   */
  public double trainFlops(AdapterConfig adapter) {
    double low = 0;
    for (var layer : adapter.adapted(MmditLayout.parameters(config())).entrySet()) {
      Shape shape = layer.getValue();
      low += 2.0 * tokens(layer.getKey()) * adapter.rank() * (shape.dim(0) + shape.dim(1));
    }
    return 2 * linearFlops() + 3 * attentionFlops() + 3 * low;
  }

  private double linearFlops() {
    SequencedMap<String, Shape> parameters = MmditLayout.parameters(config());
    double flops = 0;
    for (var parameter : parameters.entrySet()) {
      if (parameter.getKey().endsWith(".weight") && parameter.getValue().rank() > 1) {
        flops += 2.0 * tokens(parameter.getKey()) * parameter.getValue().elements();
      }
    }
    return flops;
  }

  /** Rows that pass through a layer. */
  private double tokens(String name) {
    String last = "transformer_blocks." + (layers - 1) + ".";
    if (name.startsWith(last + "attn.add_q_proj")) {
      return 0;
    }
    if (name.contains(".norm1.linear.")
        || name.contains(".norm1_context.linear.")
        || name.startsWith("norm_out.")
        || name.startsWith("time_text_embed.")) {
      return batch;
    }
    boolean text =
        name.startsWith("context_embedder.")
            || name.contains(".ff_context.")
            || name.contains(".attn.add_")
            || name.contains(".attn.to_add_out");
    return (double) batch * (text ? context : imageTokens());
  }

  private double attentionFlops() {
    MmditConfig config = config();
    double image = imageTokens();
    double all = image + context;
    double pairs = 0;
    for (int i = 0; i < layers; i++) {
      pairs += (i == layers - 1 ? image : all) * all;
      pairs += config.isDual(i) ? image * image : 0;
    }
    return 4.0 * batch * pairs * config.width();
  }

  @Override
  public String toString() {
    return layers + " layers, " + resolution + "², batch " + batch;
  }
}
