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

/** Adapters on disk, whoever wrote them: PEFT folders and diffusers' files. */
public final class AdapterFile {
  /** Files that are nothing without the folder around them. */
  private static final Set<String> OF_PEFT =
      Set.of(PeftConfigFile.NAME, PeftFolder.TENSORS, "adapter_model.bin");

  private AdapterFile() {}

  /**
   * Reads an adapter, whichever of the two forms it has: a PEFT folder, or diffusers' file, alone
   * or in its folder.
   *
   * @return its tensors are F32 and belong to the innermost open scope
   * @throws InvalidFileException if it is none, has parts for other models than the transformer, or
   *     holds a number that is NaN or infinite
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
   * {@link #read} without a look at the numbers, for whoever shows them.
   *
   * @throws InvalidFileException if it is none, or has parts for other models than the transformer
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

  /** An adapter with numbers that are none. */
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
