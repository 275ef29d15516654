package org.diffusionnft.models.vae;

import java.util.List;
import java.util.SequencedMap;
import java.util.Set;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.Parameters;
import org.diffusionnft.models.WeightSource;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Shape;

/**
 * The autoencoder of latent diffusion (Rombach et al., arXiv 2112.10752): diffusers' {@code
 * AutoencoderKL}, in Stable Diffusion 3's form with 16 latent channels. Its weights are frozen;
 * gradients flow to the inputs. Without a tape, each step's temporaries are released when it ends.
 *
 * <p>Images are {@code [B, C, H, W]} with values from -1 to 1, latents {@code [B, L, H/d, W/d]}.
 */
public final class Vae implements AutoCloseable {
  private static final double LEAST_LOG_VARIANCE = -30;
  private static final double MOST_LOG_VARIANCE = 20;

  private final VaeConfig config;
  private final Parameters parameters;
  private final Encoder encoder;
  private final Decoder decoder;

  private Vae(VaeConfig config, Parameters parameters) {
    this.config = config;
    this.parameters = parameters;
    this.encoder = new Encoder(config, parameters);
    this.decoder = new Decoder(config, parameters);
  }

  /**
   * The normal distribution of an image's latents, not scaled.
   *
   * @param mean {@code [B, L, H/d, W/d]}
   * @param logVariance like {@code mean}, from -30 to 20
   */
  public record Latents(Variable mean, Variable logVariance) {
    /** The standard deviation. */
    public Variable std() {
      return logVariance.scale(0.5).unary(org.diffusionnft.tensor.UnaryOp.EXP);
    }
  }

  /**
   * Loads an autoencoder from a source, on the device that holds its tensors.
   *
   * @throws InvalidInputException if a tensor is missing, unknown or has another shape
   */
  public static Vae load(VaeConfig config, WeightSource source) {
    return new Vae(
        config,
        Parameters.loadFrozen(
            "an autoencoder of this configuration",
            VaeLayout.parameters(config),
            Set.of(),
            source));
  }

  /** The dimensions. */
  public VaeConfig config() {
    return config;
  }

  /** All parameters by their name in diffusers. */
  public SequencedMap<String, Variable> parameters() {
    return parameters.all();
  }

  /**
   * Encodes images to latents. At each level, an odd height or width is halved and rounded down.
   *
   * @throws InvalidInputException if the shape is not {@code [B, C, H, W]} with height and width of
   *     at least the downscale
   */
  public Latents encode(Variable image) {
    int d = config.downscale();
    Shape shape = image.shape();
    if (shape.rank() != 4
        || shape.dim(1) != config.inChannels()
        || shape.dim(2) < d
        || shape.dim(3) < d) {
      throw new InvalidInputException(
          "pictures of shape "
              + shape
              + " do not fit [B, "
              + config.inChannels()
              + ", H, W] with H and W of at least "
              + d);
    }
    List<Variable> moments = encoder.apply(image).chunk(2, 1);
    return new Latents(moments.get(0), moments.get(1).clamp(LEAST_LOG_VARIANCE, MOST_LOG_VARIANCE));
  }

  /**
   * Decodes latents, unscaled as from the encoder, to images.
   *
   * @throws InvalidInputException if the shape is not {@code [B, L, H, W]}
   */
  public Variable decode(Variable latents) {
    Shape shape = latents.shape();
    if (shape.rank() != 4
        || shape.dim(1) != config.latentChannels()
        || shape.dim(2) < 1
        || shape.dim(3) < 1) {
      throw new InvalidInputException(
          "latents of shape " + shape + " do not fit [B, " + config.latentChannels() + ", H, W]");
    }
    return decoder.apply(latents);
  }

  /** Latents in the diffusion model's scaling: {@code (z - shift) * scale}. */
  public Variable scaled(Variable latents) {
    return latents.affine(1, -config.shiftFactor()).scale(config.scalingFactor());
  }

  /** The inverse of {@link #scaled}: {@code z / scale + shift}. */
  public Variable unscaled(Variable latents) {
    return latents.affine(1 / config.scalingFactor(), config.shiftFactor());
  }

  /** Releases the memory of copied parameters. */
  @Override
  public void close() {
    parameters.close();
  }
}
