package org.diffusionnft.trainer;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.WeightSource;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.models.adapter.ForwardPass;
import org.diffusionnft.models.sampling.MmditVelocity;
import org.diffusionnft.models.sampling.MmditVelocity.Timesteps;
import org.diffusionnft.models.sampling.Velocity;
import org.diffusionnft.models.transformer.Conditioning;
import org.diffusionnft.models.transformer.Mmdit;
import org.diffusionnft.models.transformer.MmditLayout;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A policy that is run often and changed rarely: a frozen model with an adapter. If the model is
 * small, the adapter is merged into a copy of its weights, which saves the adapter's part of every
 * forward pass; a large model is run with an unmerged adapter.
 */
final class SamplingPolicy implements AutoCloseable {
  private final Mmdit base;
  private final Adapter adapter;
  private final @Nullable Mmdit merged;

  /**
   * A policy.
   *
   * @param adapter this takes ownership of its memory
   * @param mergeLimit the most bytes that a merged copy of the model may take
   */
  SamplingPolicy(Mmdit base, Adapter adapter, long mergeLimit) {
    this.base = base;
    this.adapter = adapter;
    long bytes = base.parameters().values().stream().mapToLong(p -> p.value().bytes()).sum();
    this.merged = bytes <= mergeLimit ? Mmdit.load(base.config(), new Copies(base, adapter)) : null;
    merge();
  }

  Adapter adapter() {
    return adapter;
  }

  /** What the policy predicts, {@code [B, C, H, W]}. */
  Variable predict(Variable latents, float[] timesteps, Conditioning prompts) {
    return merged == null
        ? base.forward(latents, timesteps, prompts, ForwardPass.with(adapter))
        : merged.forward(latents, timesteps, prompts, ForwardPass.BASE);
  }

  /** The policy's velocity for a prompt during sampling, which can be stopped at each step. */
  Function<Conditioning, Velocity> velocity(Timesteps timesteps, Stop stop) {
    return prompts -> {
      Velocity velocity =
          merged == null
              ? new MmditVelocity(base, prompts, ForwardPass.with(adapter), timesteps)
              : new MmditVelocity(merged, prompts, ForwardPass.BASE, timesteps);
      return (latents, step, sigma) -> {
        stop.check();
        return velocity.at(latents, step, sigma);
      };
    };
  }

  /** Soft update: {@code decay} times its own adapter plus {@code 1 - decay} times the other. */
  void follow(Adapter leader, double decay) {
    adapter.moveTowards(leader, decay);
    merge();
  }

  /** Brings the merged weights up to date after the adapter was changed. */
  void merge() {
    if (merged != null) {
      Map<String, Variable> targets = new LinkedHashMap<>(merged.parameters());
      for (String module : adapter.layers().keySet()) {
        String name = module + ".weight";
        Variable source = base.parameters().get(name);
        Variable target = targets.get(name);
        if (source != null && target != null) {
          try (Memory.Scope scope = base.device().memory().scope()) {
            Tensor weight = adapter.merged(module, source.value());
            base.device().elementwise().convert(weight, target.value());
          }
        }
      }
    }
  }

  @Override
  public void close() {
    if (merged != null) {
      merged.close();
    }
    adapter.close();
  }

  /** A model's tensors, copied; adapted weights as F32, so that merging does not round them. */
  private record Copies(Mmdit model, Adapter adapter) implements WeightSource {
    @Override
    public Set<String> names() {
      Set<String> names = new LinkedHashSet<>(model.parameters().keySet());
      names.add(MmditLayout.POSITION_EMBEDDING);
      return names;
    }

    @Override
    public Tensor get(String name, Shape expected) {
      Variable parameter = model.parameters().get(name);
      if (parameter == null) {
        return Elementwise.copy(model.positionEmbedding());
      }
      boolean adapted = adapter.layers().containsKey(name.replaceFirst("\\.weight$", ""));
      Tensor value = parameter.value();
      return Elementwise.convert(value, adapted ? DType.F32 : value.dtype());
    }
  }
}
