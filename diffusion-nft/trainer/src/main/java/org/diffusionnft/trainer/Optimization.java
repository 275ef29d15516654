package org.diffusionnft.trainer;

import java.util.ArrayList;
import java.util.List;
import org.diffusionnft.autograd.AdamW;
import org.diffusionnft.autograd.Ema;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.trainer.config.TrainConfig;
import org.jspecify.annotations.Nullable;

/**
 * What updates a policy: the optimizer, the exponential moving average, and a copy of everything
 * that steps change, for rolling back. Only the run's own process needs it.
 */
final class Optimization implements AutoCloseable {
  private final AdamW optimizer;
  private final @Nullable Ema ema;
  private final Snapshot before;

  Optimization(TrainConfig config, Adapter policy, Device device) {
    this.optimizer = new AdamW(policy.parameters(), config.training().toAdamW(0));
    this.ema =
        config.ema().enabled()
            ? new Ema(policy.parameters(), config.ema().decay(), config.ema().interval())
            : null;
    this.before = new Snapshot(device, changed(policy));
  }

  /** All tensors that optimizer steps change. */
  private List<Tensor> changed(Adapter policy) {
    List<Tensor> tensors = new ArrayList<>();
    policy.parameters().forEach(parameter -> tensors.add(parameter.value()));
    if (ema != null) {
      tensors.addAll(ema.averages());
    }
    tensors.addAll(optimizer.firstMoments());
    tensors.addAll(optimizer.secondMoments());
    return tensors;
  }

  AdamW optimizer() {
    return optimizer;
  }

  @Nullable Ema ema() {
    return ema;
  }

  Snapshot before() {
    return before;
  }

  @Override
  public void close() {
    before.close();
    optimizer.close();
    if (ema != null) {
      ema.close();
    }
  }
}
