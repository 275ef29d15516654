package org.diffusionnft.shapes.pretrain;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.diffusionnft.autograd.AdamW;
import org.diffusionnft.autograd.Ema;
import org.diffusionnft.autograd.Functions;
import org.diffusionnft.autograd.Gradients;
import org.diffusionnft.autograd.Tape;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.adapter.ForwardPass;
import org.diffusionnft.models.solver.FlowMatchSchedule;
import org.diffusionnft.models.transformer.Conditioning;
import org.diffusionnft.models.transformer.Mmdit;
import org.diffusionnft.models.transformer.MmditConfig;
import org.diffusionnft.models.transformer.MmditInit;
import org.diffusionnft.shapes.ShapesWorld;
import org.diffusionnft.shapes.Vocabulary;
import org.diffusionnft.shapes.WordVectors;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.trainer.Stop;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.OutputException;

/**
 * Trains an MMDiT from scratch by flow matching (Lipman et al., arXiv 2210.02747; logit-normal
 * noise levels of Esser et al., arXiv 2403.03206): with {@code x_σ = (1 - σ) x₀ + σ ε} it minimises
 * {@code ‖v_θ(x_σ, σ, caption) - (ε - x₀)‖²}.
 */
public final class Pretrainer implements AutoCloseable {
  private final Device device;
  private final PretrainSettings settings;
  private final WordVectors vectors;
  private final Mmdit model;
  private final List<String> names = new ArrayList<>();
  private final AdamW optimizer;
  private final Ema ema;
  private final Gradients gradients;

  /** A model at step 0. */
  public Pretrainer(Device device, MmditConfig config, PretrainSettings settings) {
    this.device = device;
    this.settings = settings;
    this.vectors = new WordVectors(config.jointAttentionDim());
    try (var _ = device.memory().scope()) {
      MmditInit init = new MmditInit(config, device, settings.seed(), MmditInit.Scheme.ADALN_ZERO);
      this.model = Mmdit.load(config, init, _ -> true);
    }
    List<Variable> parameters = new ArrayList<>();
    model
        .parameters()
        .forEach(
            (name, parameter) -> {
              names.add(name);
              parameters.add(parameter);
            });
    this.optimizer = new AdamW(parameters, numbers(settings.learningRate()));
    this.ema = new Ema(parameters, settings.emaDecay(), 1);
    this.gradients = new Gradients(parameters);
  }

  /**
   * Resumes a run from the file of {@link #save}.
   *
   * @throws InvalidFileException if the file is missing or does not fit the model
   */
  public static Pretrainer resume(Device device, MmditConfig config, Path state)
      throws InvalidFileException {
    Pretrainer pretrainer = new Pretrainer(device, config, PretrainState.settings(state));
    boolean loaded = false;
    try {
      pretrainer.state().load(state, device);
      loaded = true;
      return pretrainer;
    } finally {
      if (!loaded) {
        pretrainer.close();
      }
    }
  }

  /** The recipe. */
  public PretrainSettings settings() {
    return settings;
  }

  /** Steps done. */
  public long step() {
    return optimizer.step();
  }

  /** Trains until this many steps are done, or the recipe's end. */
  public void runTo(long step, PretrainListener listener) throws InterruptedException {
    runTo(step, listener, Stop.NEVER);
  }

  /** Trains until this many steps are done, or the recipe's end, or a stop is requested. */
  public void runTo(long step, PretrainListener listener, Stop stop) throws InterruptedException {
    long last = Math.min(step, settings.steps());
    ShapesBatches batches = new ShapesBatches(settings, vectors);
    try (BatchAhead<ShapesBatch> ahead = new BatchAhead<>(batches::at, last)) {
      while (step() < last && !stop.isAsked()) {
        listener.stepDone(train(ahead.at(step() + 1)));
      }
    }
  }

  /** Writes everything that {@link #resume} needs, atomically. */
  public void save(Path file) throws OutputException {
    state().save(file, settings);
  }

  /** The averaged weights by name, which become the final model. They change with every step. */
  public Map<String, Tensor> averages() {
    Map<String, Tensor> averages = new LinkedHashMap<>();
    for (int i = 0; i < names.size(); i++) {
      averages.put(names.get(i), ema.averages().get(i));
    }
    return averages;
  }

  private PretrainListener.Step train(ShapesBatch batch) {
    long step = step() + 1;
    try (var _ = device.memory().scope()) {
      Tape tape = new Tape();
      Variable loss = tape.record(() -> loss(batch));
      gradients.zero();
      tape.backward(loss, gradients);
      double norm = gradients.norm();
      double rate = settings.learningRate(step);
      optimizer.settings(numbers(rate));
      optimizer.step(gradients, Gradients.clipFactor(norm, settings.maxGradientNorm()));
      ema.step(step);
      return new PretrainListener.Step(step, loss.item(), norm, rate);
    }
  }

  private Variable loss(ShapesBatch batch) {
    int samples = settings.batch();
    int width = vectors.dim();
    float[] timesteps = new float[samples];
    for (int b = 0; b < samples; b++) {
      timesteps[b] = batch.levels()[b] * FlowMatchSchedule.TRAIN_TIMESTEPS;
    }
    Variable velocity =
        model.forward(
            image(batch.noised()),
            timesteps,
            new Conditioning(
                constant(batch.tokens(), samples, Vocabulary.MAX_TOKENS, width),
                constant(batch.pooled(), samples, width)),
            ForwardPass.BASE);
    return Functions.meanSquaredError(velocity, image(batch.target()));
  }

  private Variable image(float[] values) {
    int samples = settings.batch();
    return constant(values, samples, ShapesWorld.CHANNELS, ShapesWorld.SIZE, ShapesWorld.SIZE);
  }

  private Variable constant(float[] values, long... dims) {
    return Variable.constant(Tensor.of(device, values, dims));
  }

  private PretrainState state() {
    return new PretrainState(names, optimizer, ema);
  }

  private AdamW.Settings numbers(double learningRate) {
    return new AdamW.Settings(learningRate, 0.9, settings.beta2(), 1e-8, settings.weightDecay());
  }

  /** Frees all memory. */
  @Override
  public void close() {
    gradients.close();
    ema.close();
    optimizer.close();
    model.close();
  }
}
