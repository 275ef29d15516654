package org.diffusionnft.verify;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.diffusionnft.autograd.Gradients;
import org.diffusionnft.autograd.Tape;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.vae.Vae;
import org.diffusionnft.models.vae.VaeConfig;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.checkpoint.VaeCheckpoint;
import org.diffusionnft.weights.checkpoint.VaeConfigFile;
import org.diffusionnft.weights.io.InvalidFileException;

/**
 * The autoencoder: encoding and decoding with the gradients of inputs, from both layouts of its
 * file.
 */
final class VaeCase implements CaseKind {
  private static final String SINGLE_FILE = "weights_single_file.safetensors";

  @Override
  public String name() {
    return "vae";
  }

  @Override
  public boolean recognises(CaseFolder folder) {
    return folder.config().has("model_config")
        && folder.hasInput("z")
        && folder.expects("decode.sample");
  }

  @Override
  public void verify(CaseFolder folder, Device device, Checks checks) throws IOException {
    CaseConfig json = folder.config().get("model_config");
    if (!(json.node() instanceof ObjectNode object)) {
      throw new InvalidFileException(json.file(), "needs an object under 'model_config'");
    }
    VaeConfig config = VaeConfigFile.parse(json.file(), object);
    layout(folder, config, device, checks, "weights.safetensors", "");
    if (Files.exists(folder.path().resolve(SINGLE_FILE))) {
      layout(folder, config, device, checks, SINGLE_FILE, "single file: ");
    }
  }

  private static void layout(
      CaseFolder folder, VaeConfig config, Device device, Checks checks, String file, String label)
      throws IOException {
    Path path = folder.path().resolve(file);
    try (Memory.Scope _ = device.memory().scope();
        VaeCheckpoint checkpoint = VaeCheckpoint.open(path, config);
        Vae vae = Vae.load(config, checkpoint.weights(device))) {
      VaeConfig inferred = VaeConfigFile.infer(checkpoint.tensors());
      checks.holds(
          label + "inferred configuration",
          withoutNumbers(inferred).equals(withoutNumbers(config)),
          inferred + " is inferred");
      encode(folder, vae, device, checks, label);
      decode(folder, vae, device, checks, label);
    }
  }

  /** The configuration without the numbers that cannot be inferred from names and shapes. */
  static VaeConfig withoutNumbers(VaeConfig config) {
    return new VaeConfig(
        config.inChannels(),
        config.latentChannels(),
        config.blockChannels(),
        config.layersPerBlock(),
        1,
        1,
        0);
  }

  private static void encode(CaseFolder folder, Vae vae, Device device, Checks checks, String label)
      throws InvalidFileException {
    Variable image = Variable.parameter(folder.input("image", device));
    Tape tape = new Tape();
    Vae.Latents latents = tape.record(() -> vae.encode(image));
    tape.keep(latents.mean());
    tape.keep(latents.logVariance());
    check(checks, label, "encode.mean", latents.mean());
    check(checks, label, "encode.logvar", latents.logVariance());
    check(checks, label, "encode.std", Tape.paused(latents::std));
    check(checks, label, "encode.latents_scaled", Tape.paused(() -> vae.scaled(latents.mean())));
    Variable loss =
        tape.record(() -> latents.mean().sum().add(latents.logVariance().sum().scale(0.5)));
    try (Gradients gradients = new Gradients()) {
      tape.backward(loss, gradients);
      checks.tensor(label + "encode.grad.image", "encode.grad.image", gradients.of(image));
    }
  }

  private static void decode(CaseFolder folder, Vae vae, Device device, Checks checks, String label)
      throws InvalidFileException {
    Variable z = Variable.parameter(folder.input("z", device));
    Tape tape = new Tape();
    Variable sample = tape.record(() -> vae.decode(z));
    check(checks, label, "decode.sample", sample);
    Variable loss = tape.record(() -> sample.mul(sample).mean());
    try (Gradients gradients = new Gradients()) {
      tape.backward(loss, gradients);
      checks.tensor(label + "decode.grad.z", "decode.grad.z", gradients.of(z));
    }
    Tensor scaled = folder.input("z", device);
    Variable image = vae.decode(vae.unscaled(Variable.constant(scaled)));
    check(checks, label, "decode.of_scaled", image);
    check(checks, label, "image_0_1", image.affine(0.5, 0.5).clamp(0, 1));
  }

  private static void check(Checks checks, String label, String name, Variable actual)
      throws InvalidFileException {
    checks.tensor(label + name, name, actual.value());
  }
}
