package org.diffusionnft.verify;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.diffusionnft.autograd.Autocast;
import org.diffusionnft.autograd.Functions;
import org.diffusionnft.autograd.Gradients;
import org.diffusionnft.autograd.Tape;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.models.adapter.AdapterConfig;
import org.diffusionnft.models.adapter.ForwardPass;
import org.diffusionnft.models.transformer.Conditioning;
import org.diffusionnft.models.transformer.Mmdit;
import org.diffusionnft.models.transformer.MmditConfig;
import org.diffusionnft.models.transformer.MmditLayout;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.Precision;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.checkpoint.MmditCheckpoint;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.safetensors.SafetensorsFile;
import org.jspecify.annotations.Nullable;

/**
 * A transformer, optionally with an adapter, in both precisions. In F32 its tensors are within the
 * case's tolerances. In BF16 each one's root mean square error against the F64 run is at most a
 * multiple of the error of PyTorch's autocast, and the error of all together is at least ten times
 * that of F32, which shows that the arithmetic really is half precision.
 */
final class AutocastCase implements CaseKind {
  private static final List<String> SIZES = List.of("", "long.");
  private static final List<String> INPUTS =
      List.of("hidden_states", "encoder_hidden_states", "pooled_projections");
  private static final String GRAD = "grad.";
  private static final String PEFT = "base_model.model.";
  private static final String DOWN = ".lora_A.weight";
  private static final String UP = ".lora_B.weight";

  @Override
  public String name() {
    return "autocast";
  }

  @Override
  public boolean recognises(CaseFolder folder) {
    return folder.config().has("model_config")
        && folder.config().has("accept_rms")
        && folder.expects("output");
  }

  @Override
  public void verify(CaseFolder folder, Device device, Checks checks) throws IOException {
    MmditConfig config = TransformerInputs.config(folder);
    try (MmditCheckpoint checkpoint =
            MmditCheckpoint.open(folder.path().resolve("weights.safetensors"), config);
        // unrounded weights, regardless of the caller's precision: run() chooses its own
        Mmdit model =
            Autocast.in(Precision.F32, () -> Mmdit.load(config, checkpoint.weights(device)));
        Memory.Scope _ = device.memory().scope()) {
      Adapter adapter = adapter(folder, config, device);
      try {
        for (Map.Entry<String, Tensor> e : run(folder, model, adapter, Precision.F32).entrySet()) {
          checks.tensor("F32: " + e.getKey(), e.getKey(), e.getValue());
        }
        half(folder, run(folder, model, adapter, Precision.BF16), checks);
      } finally {
        if (adapter != null) {
          adapter.close();
        }
      }
    }
  }

  private static @Nullable Adapter adapter(CaseFolder folder, MmditConfig config, Device device)
      throws InvalidFileException {
    Path path = folder.path().resolve("lora.safetensors");
    if (!Files.exists(path)) {
      return null;
    }
    int rank = folder.config().integer("r");
    double alpha = folder.config().number("lora_alpha");
    Map<String, Adapter.LowRank> layers = new LinkedHashMap<>();
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      for (String name : file.names()) {
        if (name.endsWith(DOWN)) {
          String base = name.substring(0, name.length() - DOWN.length());
          Tensor a = file.tensor(name, device);
          Tensor b = file.tensor(base + UP, device);
          layers.put(
              base.substring(PEFT.length()), Adapter.LowRank.copyOf(a, b, alpha / rank, true));
        }
      }
    }
    AdapterConfig made = new AdapterConfig(rank, alpha, List.copyOf(layers.keySet()));
    return Adapter.of(made, MmditLayout.parameters(config), layers);
  }

  /** All expected tensors of a run, by name. */
  private static Map<String, Tensor> run(
      CaseFolder folder, Mmdit model, @Nullable Adapter adapter, Precision precision)
      throws InvalidFileException {
    Map<String, Tensor> made = new LinkedHashMap<>();
    for (String size : SIZES) {
      if (folder.hasInput(size + "hidden_states")) {
        run(folder, model, adapter, precision, size, made);
      }
    }
    return made;
  }

  private static void run(
      CaseFolder folder,
      Mmdit model,
      @Nullable Adapter adapter,
      Precision precision,
      String size,
      Map<String, Tensor> made)
      throws InvalidFileException {
    Device device = model.device();
    Map<String, Variable> leaves = new LinkedHashMap<>();
    for (String input : INPUTS) {
      Tensor value = Elementwise.copy(folder.input(size + input, device));
      boolean derived = folder.expects(size + GRAD + input);
      leaves.put(input, derived ? Variable.parameter(value) : Variable.constant(value));
    }
    Variable latents = TransformerInputs.leaf(leaves, "hidden_states");
    Conditioning prompt =
        new Conditioning(
            TransformerInputs.leaf(leaves, "encoder_hidden_states"),
            TransformerInputs.leaf(leaves, "pooled_projections"));
    Variable target = Variable.constant(folder.input(size + "target", device));
    ForwardPass pass =
        (adapter == null ? ForwardPass.BASE : ForwardPass.with(adapter))
            .observer((name, v) -> keep(folder, made, size + name, Elementwise.copy(v.value())));
    try (Gradients gradients = new Gradients()) {
      Tape tape = new Tape();
      float[] timesteps = folder.floats(folder.inputs(), size + "timestep");
      Variable output =
          Autocast.in(
              precision, () -> tape.record(() -> model.forward(latents, timesteps, prompt, pass)));
      keep(folder, made, size + "output", Elementwise.copy(output.value()));
      Variable loss = tape.record(() -> Functions.meanSquaredError(output, target));
      Tensor value = Elementwise.copy(loss.value());
      keep(folder, made, size + "loss", value.reshape(folder.expected().shape(size + "loss")));
      tape.backward(loss, gradients);
      if (adapter != null) {
        adapter.named().forEach((name, variable) -> leaves.put(PEFT + name, variable));
      }
      leaves.forEach(
          (name, variable) -> {
            Tensor found = gradients.find(variable);
            Tensor gradient =
                found == null
                    ? Tensor.zeros(device, variable.value().dtype(), variable.shape())
                    : Elementwise.copy(found);
            keep(folder, made, size + GRAD + name, gradient);
          });
    }
  }

  private static void keep(
      CaseFolder folder, Map<String, Tensor> made, String name, Tensor tensor) {
    if (folder.expects(name)) {
      made.put(name, tensor);
    }
  }

  private static void half(CaseFolder folder, Map<String, Tensor> made, Checks checks)
      throws InvalidFileException {
    CaseConfig accepted = folder.config().get("accept_rms");
    double squares = 0;
    int counted = 0;
    for (Map.Entry<String, Tensor> e : made.entrySet()) {
      String name = e.getKey();
      double[] truth = folder.doubles(folder.doublePrecision(), name);
      double[] ours = e.getValue().toDoubles();
      double error = rms(ours, truth);
      double size = rms(truth, new double[truth.length]);
      checks.within("BF16: " + name, error, size == 0 ? 0 : accepted.number(name), " rms");
      if (size > 0 && !name.endsWith("loss")) {
        squares += error / size * (error / size);
        counted++;
      }
    }
    double overall = Math.sqrt(squares / counted);
    double full = folder.config().get("overall_relative_error").number("float32");
    checks.holds(
        "BF16: half precision",
        overall >= 10 * full,
        "an overall error of %.2e is that of full precision, %.2e".formatted(overall, full));
  }

  private static double rms(double[] x, double[] y) {
    double sum = 0;
    for (int i = 0; i < x.length; i++) {
      sum += (x[i] - y[i]) * (x[i] - y[i]);
    }
    return Math.sqrt(sum / x.length);
  }
}
