package org.diffusionnft.weights.peft;

import static org.diffusionnft.weights.peft.LoraFactors.A;
import static org.diffusionnft.weights.peft.LoraFactors.B;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.io.AtomicFile;
import org.diffusionnft.weights.io.AtomicFolder;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.OutputException;
import org.diffusionnft.weights.io.StrictJson;
import org.diffusionnft.weights.safetensors.SafetensorsFile;
import org.diffusionnft.weights.safetensors.SafetensorsWriter;

/**
 * Folders of LoRA adapters as PEFT's {@code save_pretrained} writes and {@code from_pretrained}
 * reads them: the adapter {@code default} in the folder itself, every other one in a sub-folder
 * with its name. An adapter trained here loads in diffusers, and one trained there can be resumed
 * here.
 *
 * <p>Tensors are named {@code base_model.model.<module>.lora_A.weight}, {@code [rank, in]}, and
 * {@code ....lora_B.weight}, {@code [out, rank]}; those of a convolution also have its kernel
 * dimensions.
 */
public final class PeftFolder {
  /** The adapter in the folder itself. */
  public static final String DEFAULT = "default";

  /** PEFT's name for the tensor file. */
  static final String TENSORS = "adapter_model.safetensors";

  private static final String PREFIX = "base_model.model.";

  private static final String README =
      """
      ---
      library_name: peft
      tags:
      - lora
      ---

      A LoRA adapter of a diffusion transformer, trained with DiffusionNFT.
      """;

  private PeftFolder() {}

  /**
   * Reads all adapters of a folder, {@code default} first.
   *
   * @return the adapters by name; their tensors are F32 and belong to the innermost open scope
   * @throws InvalidFileException if the folder contains none, or one that is not plain LoRA
   */
  public static Map<String, PeftAdapter> read(Path folder, Device device)
      throws InvalidFileException {
    Map<String, PeftAdapter> adapters = new LinkedHashMap<>();
    adapters.put(DEFAULT, readOne(folder, device));
    List<Path> others = new ArrayList<>();
    try (Stream<Path> list = Files.list(folder)) {
      list.filter(f -> Files.isRegularFile(f.resolve(PeftConfigFile.NAME)))
          .sorted()
          .forEach(others::add);
    } catch (IOException e) {
      throw new InvalidFileException(
          folder, "cannot be read: " + InvalidFileException.reason(e), e);
    }
    for (Path other : others) {
      adapters.put(String.valueOf(other.getFileName()), readOne(other, device));
    }
    return adapters;
  }

  /**
   * Reads the adapter in a folder itself, whatever its name.
   *
   * @throws InvalidFileException see {@link #read}
   */
  public static PeftAdapter readOne(Path folder, Device device) throws InvalidFileException {
    if (!Files.isDirectory(folder)) {
      throw new InvalidFileException(folder, "no such adapter folder");
    }
    PeftConfig config = PeftConfigFile.read(folder.resolve(PeftConfigFile.NAME));
    Path tensors = folder.resolve(TENSORS);
    if (!Files.exists(tensors) && Files.exists(folder.resolve("adapter_model.bin"))) {
      throw new InvalidFileException(
          tensors, "is missing, and the pickled adapter_model.bin beside it is not supported");
    }
    try (SafetensorsFile file = SafetensorsFile.open(tensors)) {
      LoraTensors read = LoraTensors.read(file, PREFIX, false, device);
      read.require(config);
      return new PeftAdapter(config, read.modules());
    }
  }

  /**
   * Writes adapters atomically.
   *
   * @param adapters by name; {@link #DEFAULT} goes to the folder itself
   * @throws OutputException if the folder exists and isn't empty, or it cannot be written
   */
  public static void write(Path folder, Map<String, PeftAdapter> adapters) throws OutputException {
    try {
      AtomicFolder.write(folder, hidden -> fill(hidden, adapters));
    } catch (InvalidFileException e) {
      throw new IllegalStateException("adapters in memory are read from no file", e);
    }
  }

  /**
   * Writes adapters into a folder that is being written as part of something larger, such as a
   * checkpoint inside {@link AtomicFolder}.
   */
  public static void fill(Path folder, Map<String, PeftAdapter> adapters) throws IOException {
    for (Map.Entry<String, PeftAdapter> e : adapters.entrySet()) {
      Path target = e.getKey().equals(DEFAULT) ? folder : folder.resolve(e.getKey());
      Files.createDirectories(target);
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      e.getValue()
          .modules()
          .forEach(
              (module, factors) -> {
                tensors.put(PREFIX + module + A, factors.a());
                tensors.put(PREFIX + module + B, factors.b());
              });
      SafetensorsWriter.write(target.resolve(TENSORS), tensors, SafetensorsWriter.PYTORCH);
      StrictJson.write(
          target.resolve(PeftConfigFile.NAME), PeftConfigFile.toJson(e.getValue().config()));
    }
    AtomicFile.write(folder.resolve("README.md"), README);
  }
}
