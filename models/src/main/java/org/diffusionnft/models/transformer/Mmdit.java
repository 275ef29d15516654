package org.diffusionnft.models.transformer;

import java.util.ArrayList;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.Predicate;
import org.diffusionnft.autograd.Checkpoint;
import org.diffusionnft.autograd.Tape;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.WeightSource;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.models.adapter.ForwardPass;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The multimodal diffusion transformer of Stable Diffusion 3 (Esser et al., arXiv 2403.03206) and
 * its extension MMDiT-X of 3.5 Medium: diffusers' {@code SD3Transformer2DModel}.
 *
 * <p>It predicts the velocity {@code noise - image} of latents at a timestep, given a prompt.
 * Without a tape, every block's temporaries are released when it ends.
 */
public final class Mmdit implements AutoCloseable {
  private final MmditConfig config;
  private final MmditWeights weights;
  private final PatchEmbedding patches;
  private final TimestepEmbedding timestepEmbedding;
  private final AdaptedLinear contextEmbedder;
  private final List<MmditBlock> blocks = new ArrayList<>();
  private final AdaptedLinear outModulation;
  private final AdaptedLinear outProjection;

  private Mmdit(MmditConfig config, MmditWeights weights, PositionEmbedding positions) {
    this.config = config;
    this.weights = weights;
    this.patches =
        new PatchEmbedding(weights.linear("pos_embed.proj"), positions, config.patchSize());
    this.timestepEmbedding = TimestepEmbedding.of(weights);
    this.contextEmbedder = weights.linear("context_embedder");
    for (int i = 0; i < config.numLayers(); i++) {
      blocks.add(MmditBlock.of(config, weights, i));
    }
    this.outModulation = weights.linear("norm_out.linear");
    this.outProjection = weights.linear("proj_out");
  }

  /**
   * Loads a model from a source, on the device that holds its tensors. Frozen parameters keep their
   * dtype; the model takes ownership of their memory in the device's pool.
   *
   * @param trainable tells by name which parameters get gradients; these are copied to F32
   * @throws IllegalArgumentException if a tensor is missing, unknown or has another shape
   */
  public static Mmdit load(MmditConfig config, WeightSource source, Predicate<String> trainable) {
    MmditWeights weights = new MmditWeights(config, source, trainable);
    Device device = weights.get("proj_out.weight").device();
    Tensor table =
        source.has(MmditLayout.POSITION_EMBEDDING)
            ? source.get(MmditLayout.POSITION_EMBEDDING, MmditLayout.positionEmbedding(config))
            : PositionEmbedding.sinusoids(config, device);
    return new Mmdit(config, weights, new PositionEmbedding(table, config.posEmbedMaxSize()));
  }

  /** {@link #load(MmditConfig, WeightSource, Predicate)} with all parameters frozen. */
  public static Mmdit load(MmditConfig config, WeightSource source) {
    source.requireRoom();
    return load(config, source, _ -> false);
  }

  /** The dimensions. */
  public MmditConfig config() {
    return config;
  }

  /** All parameters by their name in diffusers, in its order. */
  public SequencedMap<String, Variable> parameters() {
    return weights.parameters();
  }

  /** The table of position embeddings, {@code [1, S * S, C]}, as stored in checkpoints. */
  public Tensor positionEmbedding() {
    return patches.positions().table();
  }

  /** The device that holds the parameters. */
  public Device device() {
    return positionEmbedding().device();
  }

  /**
   * Predicts the velocity of latents.
   *
   * @param latents {@code [B, in_channels, H, W]}
   * @param timesteps B values from 0 to 1000
   * @param prompt of B entries
   * @return {@code [B, out_channels, H, W]}, H and W rounded down to multiples of the patch size
   * @throws IllegalArgumentException if an input has another shape, or the image is too large
   */
  public Variable forward(
      Variable latents, float[] timesteps, Conditioning prompt, ForwardPass pass) {
    requireShapes(latents, timesteps, prompt);
    if (Tape.isRecording()) {
      return run(latents, timesteps, prompt, pass);
    }
    try (Memory.Scope scope = device().memory().scope()) {
      Variable out = run(latents, timesteps, prompt, pass);
      scope.keep(out.value().storage());
      return out;
    }
  }

  /** Releases the parameters' memory, except what belongs to a source. */
  @Override
  public void close() {
    weights.close();
    patches.positions().close();
  }

  private Variable run(Variable latents, float[] timesteps, Conditioning prompt, ForwardPass pass) {
    Adapter adapter = pass.adapter();
    Variable image = patches.apply(latents, adapter);
    pass.show("patch_embed", image);
    Variable sinusoids = Variable.constant(TimestepEmbedding.sinusoids(device(), timesteps));
    pass.show("time_proj", sinusoids);
    Variable temb = timestepEmbedding.apply(sinusoids, prompt.pooled(), adapter);
    pass.show("temb", temb);
    Variable text = contextEmbedder.apply(prompt.text(), adapter);
    pass.show("context_embed", text);

    Variable conditioning = temb.silu();
    Streams streams = new Streams(image, text);
    device().part();
    for (int i = 0; i < blocks.size(); i++) {
      if (pass.skippedBlocks().contains(i)) {
        continue;
      }
      Streams next = apply(blocks.get(i), streams, conditioning, pass);
      device().part();
      if (!Tape.isRecording()) {
        streams.asList().forEach(v -> v.value().release());
      }
      streams = next;
      pass.show("block." + i + ".hidden_states", streams.image());
      if (streams.text() != null) {
        pass.show("block." + i + ".encoder_hidden_states", streams.requireText());
      }
    }

    Variable normed = Modulation.plain(outModulation, conditioning, adapter).norm(streams.image());
    pass.show("norm_out", normed);
    int patch = config.patchSize();
    return patches.unpatchify(
        outProjection.apply(normed, adapter),
        (int) latents.dim(2) / patch,
        (int) latents.dim(3) / patch);
  }

  private static Streams apply(
      MmditBlock block, Streams in, Variable conditioning, ForwardPass pass) {
    @Nullable Adapter adapter = pass.adapter();
    if (Tape.isRecording() && !pass.checkpointing()) {
      return Streams.of(
          Variable.scopedAll(
              conditioning.device(), () -> block.apply(in, conditioning, adapter).asList()));
    }
    // Without a tape, this only bounds the lifetime of the block's temporaries.
    return Streams.of(
        Checkpoint.apply(
            List.of(in.image(), in.requireText(), conditioning),
            inputs ->
                block
                    .apply(new Streams(inputs.get(0), inputs.get(1)), inputs.get(2), adapter)
                    .asList()));
  }

  private void requireShapes(Variable latents, float[] timesteps, Conditioning prompt) {
    int patch = config.patchSize();
    Shape x = latents.shape();
    if (x.rank() != 4 || x.dim(1) != config.inChannels() || x.dim(2) < patch || x.dim(3) < patch) {
      throw new IllegalArgumentException(
          "latents of shape "
              + x
              + " do not fit [B, "
              + config.inChannels()
              + ", H, W] with H and W at least "
              + patch);
    }
    long batch = x.dim(0);
    requireShape("text embeddings", prompt.text(), 3, batch, config.jointAttentionDim());
    requireShape("pooled embeddings", prompt.pooled(), 2, batch, config.pooledProjectionDim());
    if (timesteps.length != batch) {
      throw new IllegalArgumentException(
          timesteps.length + " timesteps do not fit a batch of " + batch);
    }
  }

  private static void requireShape(String what, Variable given, int rank, long batch, int width) {
    Shape shape = given.shape();
    if (shape.rank() != rank || shape.dim(0) != batch || shape.dim(-1) != width) {
      throw new IllegalArgumentException(
          what
              + " of shape "
              + shape
              + " do not fit ["
              + batch
              + (rank == 3 ? ", S, " : ", ")
              + width
              + "]");
    }
  }
}
