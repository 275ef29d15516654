package org.diffusionnft.weights.peft;

import java.nio.file.Files;
import java.nio.file.Path;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.models.transformer.MmditConfig;
import org.diffusionnft.models.transformer.MmditLayout;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.weights.io.InvalidFileException;

/** Adapters on disk, whoever wrote them: PEFT folders and diffusers' files. */
public final class AdapterFile {
  private AdapterFile() {}

  /**
   * Reads an adapter, whichever of the two forms it has: a PEFT folder, or diffusers' file, alone
   * or in its folder.
   *
   * @return its tensors are F32 and belong to the innermost open scope
   * @throws InvalidFileException if it is none, or has parts for other models than the transformer
   */
  public static PeftAdapter read(Path path, Device device) throws InvalidFileException {
    if (Files.isRegularFile(path)) {
      return DiffusersLora.read(path, device);
    }
    boolean peft = Files.exists(path.resolve(PeftConfigFile.NAME));
    return !peft && Files.exists(path.resolve(DiffusersLora.NAME))
        ? DiffusersLora.read(path.resolve(DiffusersLora.NAME), device)
        : PeftFolder.readOne(path, device);
  }

  /**
   * Reads an adapter for a model, to sample with.
   *
   * @return not trainable, owned by the caller
   * @throws InvalidFileException if there is none, or it does not fit the model
   */
  public static Adapter load(Path path, MmditConfig model, Device device)
      throws InvalidFileException {
    try (Memory.Scope _ = device.memory().scope()) {
      return read(path, device).toAdapter(MmditLayout.parameters(model), false);
    } catch (InvalidInputException e) {
      throw doesNotFit(path, e);
    }
  }

  /** An adapter that is for another model. */
  public static InvalidFileException doesNotFit(Path path, InvalidInputException why) {
    return new InvalidFileException(path, "does not fit the model: " + why.getMessage(), why);
  }
}
