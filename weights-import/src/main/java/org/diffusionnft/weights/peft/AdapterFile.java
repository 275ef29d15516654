package org.diffusionnft.weights.peft;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.models.transformer.MmditConfig;
import org.diffusionnft.models.transformer.MmditLayout;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.weights.io.InvalidFileException;

/** Adapters on disk in either format: PEFT folders and diffusers' files. */
public final class AdapterFile {
  /** Files that are useless without their folder. */
  private static final Set<String> OF_PEFT =
      Set.of(PeftConfigFile.NAME, PeftFolder.TENSORS, "adapter_model.bin");

  private AdapterFile() {}

  /**
   * Reads an adapter in either form: a PEFT folder, or diffusers' file, alone or in its folder.
   *
   * @return the adapter; its tensors are F32 and belong to the innermost open scope
   * @throws InvalidFileException if it is not an adapter, has parts for models other than the
   *     transformer, or contains a NaN or infinite value
   */
  public static PeftAdapter read(Path path, Device device) throws InvalidFileException {
    PeftAdapter adapter = readAsIs(path, device);
    for (Map.Entry<String, LoraFactors> e : adapter.modules().entrySet()) {
      String fault = e.getValue().fault();
      if (fault != null) {
        throw notFinite(path, e.getKey(), fault);
      }
    }
    return adapter;
  }

  /**
   * {@link #read} without checking the values, for displaying them.
   *
   * @throws InvalidFileException if it is not an adapter, or has parts for models other than the
   *     transformer
   */
  public static PeftAdapter readAsIs(Path path, Device device) throws InvalidFileException {
    if (Files.isRegularFile(path)) {
      requireWholeAdapter(path);
      return DiffusersLora.read(path, device);
    }
    boolean peft = Files.exists(path.resolve(PeftConfigFile.NAME));
    return !peft && Files.exists(path.resolve(DiffusersLora.NAME))
        ? DiffusersLora.read(path.resolve(DiffusersLora.NAME), device)
        : PeftFolder.readOne(path, device);
  }

  /** The error for an adapter with values that are not finite. */
  public static InvalidFileException notFinite(Path path, String module, String fault) {
    return new InvalidFileException(
        path,
        "the adapter's layer "
            + InvalidFileException.quote(module)
            + " holds "
            + fault
            + ": it is damaged, or comes from a run that diverged");
  }

  private static void requireWholeAdapter(Path file) throws InvalidFileException {
    String name = String.valueOf(file.getFileName());
    if (OF_PEFT.contains(name)) {
      Path beside = file.resolveSibling(PeftConfigFile.NAME);
      Path folder = file.toAbsolutePath().getParent();
      throw new InvalidFileException(
          file,
          Files.exists(beside)
              ? "is a file of a PEFT folder: name the folder, "
                  + (file.getParent() == null ? folder : file.getParent())
              : "is a file of a PEFT folder, whose "
                  + PeftConfigFile.NAME
                  + " is missing: put both in one folder and name that");
    }
  }

  /**
   * Reads an adapter for a model, to sample with.
   *
   * @return a frozen adapter, owned by the caller
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

  /** The error for an adapter that is for another model. */
  public static InvalidFileException doesNotFit(Path path, InvalidInputException why) {
    return new InvalidFileException(path, "does not fit the model: " + why.getMessage(), why);
  }
}
