package org.diffusionnft.verify;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.diffusionnft.autograd.Functions;
import org.diffusionnft.autograd.Gradients;
import org.diffusionnft.autograd.Tape;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.adapter.ForwardPass;
import org.diffusionnft.models.solver.FlowMatchSchedule;
import org.diffusionnft.models.transformer.Conditioning;
import org.diffusionnft.models.transformer.Mmdit;
import org.diffusionnft.models.transformer.MmditConfig;
import org.diffusionnft.models.transformer.QkNorm;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.checkpoint.MmditCheckpoint;
import org.diffusionnft.weights.checkpoint.MmditConfigFile;
import org.diffusionnft.weights.io.InvalidFileException;

/**
 * A transformer: output, all values between the blocks, loss, and the gradient of every parameter
 * and input, for each layout of the weights in the case.
 */
final class MmditCase implements CaseKind {
  private static final List<String> INPUTS =
      List.of("hidden_states", "encoder_hidden_states", "pooled_projections");

  @Override
  public String name() {
    return "mmdit";
  }

  @Override
  public boolean recognises(CaseFolder folder) {
    return folder.config().has("model_config")
        && !folder.config().has("accept_rms")
        && folder.expects("output")
        && folder.hasInput("hidden_states")
        && folder.hasInput("timestep");
  }

  @Override
  public void verify(CaseFolder folder, Device device, Checks checks) throws IOException {
    MmditConfig config = TransformerInputs.config(folder);
    Path diffusers = folder.path().resolve("weights.safetensors");
    Path single = folder.path().resolve("weights_single_file.safetensors");
    if (!Files.exists(single) || Files.exists(diffusers)) {
      verify(folder, MmditCheckpoint.open(diffusers, config), device, "", checks);
    }
    if (Files.exists(single)) {
      verify(folder, MmditCheckpoint.open(single, config), device, "single file: ", checks);
    }
  }

  private static void verify(
      CaseFolder folder, MmditCheckpoint opened, Device device, String layout, Checks checks)
      throws IOException {
    try (MmditCheckpoint checkpoint = opened;
        Mmdit model =
            Mmdit.load(
                checkpoint.config(),
                checkpoint.weights(device),
                name -> folder.expects("grad." + name));
        Memory.Scope _ = device.memory().scope();
        Gradients gradients = new Gradients()) {
      Run run = new Run(folder, model, device, layout, checks);
      run.outputAndGradients(gradients);
      run.oddSize();
      run.stability();
      if (!layout.isEmpty() && headSizeShows(checkpoint.config())) {
        run.inferred(checkpoint);
      }
    }
  }

  /**
   * Whether the head size can be inferred from a file without configuration: see
   * MmditConfigFile.infer.
   */
  private static boolean headSizeShows(MmditConfig config) {
    return config.qkNorm() == QkNorm.RMS_NORM || config.numAttentionHeads() == config.numLayers();
  }

  private record Run(CaseFolder folder, Mmdit model, Device device, String layout, Checks checks) {

    void outputAndGradients(Gradients gradients) throws InvalidFileException {
      Map<String, Variable> leaves = new LinkedHashMap<>();
      for (String input : INPUTS) {
        Tensor value = Elementwise.copy(folder.input(input, device));
        boolean derived = folder.expects("grad." + input);
        leaves.put(input, derived ? Variable.parameter(value) : Variable.constant(value));
      }
      Map<String, double[]> seen = new LinkedHashMap<>();
      Variable latents = TransformerInputs.leaf(leaves, "hidden_states");
      Conditioning prompt =
          new Conditioning(
              TransformerInputs.leaf(leaves, "encoder_hidden_states"),
              TransformerInputs.leaf(leaves, "pooled_projections"));
      float[] timesteps = folder.floats(folder.inputs(), "timestep");
      Tape tape = new Tape();
      Variable output =
          tape.record(() -> model.forward(latents, timesteps, prompt, observing(seen)));
      check("output", output.value());
      checkSeen("", seen);
      if (!folder.expects("loss")) {
        return;
      }
      Variable target = Variable.constant(folder.input("target", device));
      Variable loss = tape.record(() -> Functions.meanSquaredError(output, target));
      check("loss", loss.value().reshape(folder.expected().shape("loss")));
      if (loss.requiresGrad()) {
        tape.backward(loss, gradients);
        leaves.putAll(model.parameters());
        for (Map.Entry<String, Variable> leaf : leaves.entrySet()) {
          if (leaf.getValue().requiresGrad()) {
            check("grad." + leaf.getKey(), gradient(gradients, leaf.getValue()));
          }
        }
      }
    }

    /** An image of odd height and width, and integer timesteps. */
    void oddSize() throws InvalidFileException {
      if (!folder.hasInput("odd.hidden_states")) {
        return;
      }
      Tensor latents = folder.input("odd.hidden_states", device);
      float[] timesteps = folder.floats(folder.inputs(), "odd.timestep");
      Map<String, double[]> seen = new LinkedHashMap<>();
      Tensor output = forward(latents, timesteps, observing(seen));
      check("odd.output", output);
      checkSeen("odd.", seen);
    }

    /** The results of Stability AI's own code: the same output, and the implied image. */
    void stability() throws InvalidFileException {
      Tensor latents = folder.input("hidden_states", device);
      if (folder.expects("sai.output")) {
        float[] timesteps = folder.floats(folder.inputs(), "timestep");
        check("sai.output", forward(latents, timesteps, ForwardPass.BASE));
      }
      if (folder.expects("sai.denoised")) {
        float[] sigma = folder.floats(folder.inputs(), "sai.sigma");
        float[] timesteps = new float[sigma.length];
        for (int b = 0; b < sigma.length; b++) {
          timesteps[b] = sigma[b] * FlowMatchSchedule.TRAIN_TIMESTEPS;
        }
        Tensor velocity = forward(latents, timesteps, ForwardPass.BASE);
        Tensor sigmas = Tensor.of(device, sigma, sigma.length, 1, 1, 1);
        check("sai.denoised", Elementwise.sub(latents, Elementwise.mul(velocity, sigmas)));
      }
    }

    /** The configuration must be inferable from the tensors, except for the sample size. */
    void inferred(MmditCheckpoint checkpoint) throws InvalidFileException {
      MmditConfig found = MmditConfigFile.infer(checkpoint.tensors());
      MmditConfig expected =
          TransformerInputs.withSampleSize(checkpoint.config(), found.sampleSize());
      checks.holds(
          layout + "inferred configuration", found.equals(expected), found + " is inferred");
    }

    private Tensor forward(Tensor latents, float[] timesteps, ForwardPass pass)
        throws InvalidFileException {
      long batch = latents.dim(0);
      Conditioning prompt =
          Conditioning.of(
              folder.input("encoder_hidden_states", device).narrow(0, batch),
              folder.input("pooled_projections", device).narrow(0, batch));
      return model.forward(Variable.constant(latents), timesteps, prompt, pass).value();
    }

    private static ForwardPass observing(Map<String, double[]> seen) {
      return ForwardPass.BASE.observer((name, v) -> seen.put(name, v.value().toDoubles()));
    }

    private void checkSeen(String prefix, Map<String, double[]> seen) throws InvalidFileException {
      for (Map.Entry<String, double[]> e : seen.entrySet()) {
        String name = prefix + e.getKey();
        if (folder.expects(name)) {
          Shape shape = folder.expected().shape(name);
          checks.values(layout + name, name, shape, e.getValue(), folder.margin(name));
        }
      }
    }

    private void check(String name, Tensor actual) throws InvalidFileException {
      if (folder.expects(name)) {
        checks.tensor(layout + name, name, actual);
      }
    }

    private Tensor gradient(Gradients gradients, Variable leaf) {
      Tensor found = gradients.find(leaf);
      return found == null ? Tensor.zeros(device, leaf.value().dtype(), leaf.shape()) : found;
    }
  }
}
