package org.diffusionnft.autograd;

import java.util.ArrayList;
import java.util.List;
import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.Tensor;

/**
 * Exponential moving average of parameters, as {@code EMAModuleWrapper} of the official
 * DiffusionNFT code: its decay warms up with the step, {@code min((1 + s) / (10 + s), decay)}, and
 * it is updated only every {@code interval}-th step.
 */
public final class Ema implements AutoCloseable {
  private final List<Variable> parameters;
  private final List<Tensor> averages = new ArrayList<>();
  private final double decay;
  private final int interval;

  /**
   * Starts with copies of the parameters.
   *
   * @param decay upper bound of the decay
   * @param interval steps between updates
   */
  public Ema(List<Variable> parameters, double decay, int interval) {
    this.parameters = List.copyOf(parameters);
    this.decay = decay;
    this.interval = interval;
    parameters.forEach(p -> averages.add(Elementwise.copy(p.value()).keepForever()));
  }

  /** The decay at a step. */
  public double decay(long step) {
    return Math.min((1.0 + step) / (10.0 + step), decay);
  }

  /**
   * {@code average += (1 - decay) (parameter - average)} if {@code step + 1} is a multiple of the
   * interval.
   *
   * @param step optimizer steps done
   */
  public void step(long step) {
    if ((step + 1) % interval == 0) {
      double weight = 1 - decay(step);
      for (int i = 0; i < averages.size(); i++) {
        Tensor average = averages.get(i);
        average.device().optimizer().lerp(average, parameters.get(i).value(), weight);
      }
    }
  }

  /** The averages in the order of the parameters; overwritten when a run is resumed. */
  public List<Tensor> averages() {
    return List.copyOf(averages);
  }

  /** Returns the averages' memory. */
  @Override
  public void close() {
    averages.forEach(Tensor::release);
  }
}
